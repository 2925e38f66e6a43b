/** `/schema.json`: what clients read to know the methods, in the keys that Python clients look for. */
import { answerFormsOf, jsonAnswer } from '../io/answer.ts';
import { ioTypeOf } from '../io/io-types.ts';
import { never } from '../spec/never.ts';
import { isSchema } from '../spec/schema-parts.ts';
import type { ApiSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { inlineReferences } from './inline-references.ts';
import { otherMediaTypes } from './request-media-types.ts';

/** The document, ready to send. */
export function toSchemaDocument(spec: ServiceSpec): string {
  return JSON.stringify({
    name: spec.name,
    type: 'service',
    routes: spec.apis.map(toRoute),
    ...(spec.description === undefined ? {} : { description: spec.description }),
    paths: Object.fromEntries(spec.apis.map(({ route }) => [route, { mounted: false }])),
  });
}

function toRoute(api: ApiSpec): JsonSchema {
  return {
    name: api.name,
    route: api.route,
    batchable: api.batching !== undefined,
    input: { ...toInput(api), ...toMediaTypes(otherMediaTypes(api)) },
    output: { ...toOutput(api.output.schema), ...toKind(api) },
    is_task: false,
    ...(api.description === undefined ? {} : { description: api.description }),
  };
}

function toKind({ kind, output }: ApiSpec): JsonSchema {
  switch (kind) {
    case 'unary':
      return toMediaTypes(answerFormsOf(output.schema).flatMap((form) => (form.isByName ? [form.mediaType] : [])));
    case 'stream':
      return { is_stream: true, media_type: 'text/event-stream' };
    case 'response':
      return { 'x-is-response': true }; // for Python clients it is bytes
    default:
      return never(kind);
  }
}

/** Beside the usual ones: what a client may send, or get when its `Accept` names it. */
function toMediaTypes(names: readonly string[]): JsonSchema {
  return names.length === 0 ? {} : { 'x-media-types': names };
}

/** Whatever has the type `string` is read as plain text: what is answered as JSON, such as a date, must not have it. */
function toOutput(schema: JsonSchema): JsonSchema {
  const output = toDialect(inlineReferences(schema));
  if (output.type !== 'string' || answerFormsOf(schema)[0] !== jsonAnswer) return output;
  const { type: _, ...rest } = output;
  return rest;
}

function toInput({ input, body }: ApiSpec): JsonSchema {
  const inlined = toDialect(inlineReferences(input));
  if (body !== 'fields') return { ...inlined, root_input: true };
  const fields = (inlined.properties ?? {}) as Readonly<Record<string, JsonSchema>>; // of an object with these fields
  const titled = Object.entries(fields).map(([name, schema]) => [
    name,
    { title: toTitle(name), ...toOptional(schema) },
  ]);
  return { ...inlined, properties: Object.fromEntries(titled), title: 'Input' };
}

/**
 * What JSON has no word for in the words of Python clients, beside the one that ours read. Only where they look: in a
 * field, in an item of a list. Members of unions stay JSON Schema, since our client tells them apart by it.
 */
function toDialect(schema: JsonSchema): JsonSchema {
  const words = ioTypeOf(schema)?.describe?.(schema);
  if (words) return { ...Object.fromEntries(Object.entries(schema).filter(([keyword]) => isKept(keyword))), ...words };
  const { properties, items } = schema;
  const fields = Object.entries(isSchema(properties) ? properties : {});
  return {
    ...schema,
    ...(fields.length > 0
      ? {
          properties: Object.fromEntries(fields.map(([name, part]) => [name, isSchema(part) ? toDialect(part) : part])),
        }
      : {}),
    ...(isSchema(items) ? { items: toDialect(items) } : {}),
    ...(items === false ? { items: {} } : {}), // of a tuple: the bound says it, too, and Python clients read every item by this
  };
}

const saysSomething = new Set(['title', 'description', 'default', 'deprecated', 'examples', '$defs']);

function isKept(keyword: string): boolean {
  return keyword.startsWith('x-') || saysSomething.has(keyword);
}

/** A file that may be null is still one to upload. */
function toOptional(schema: JsonSchema): JsonSchema {
  const members = Array.isArray(schema.anyOf) ? schema.anyOf.filter((member) => member?.type !== 'null') : [];
  const [only] = members;
  if (members.length !== 1 || !isSchema(only)) return schema;
  const isList = isSchema(only.items) && ioTypeOf(only.items)?.ready?.byAddress === true;
  const words = isList
    ? { type: 'array', items: toDialect(only.items as JsonSchema) }
    : ioTypeOf(only)?.describe?.(only);
  return { ...schema, ...words };
}

/** `max_tokens` → `Max Tokens`, as the reference makes titles of names. */
function toTitle(name: string): string {
  return name
    .replaceAll('_', ' ')
    .trim()
    .replace(/(?<!\S)\p{L}/gu, (letter) => letter.toUpperCase());
}
