/** One line that says what a method takes and gives, for people. */
import { ioKeyword } from '../io/io-type.ts';
import { never } from '../spec/never.ts';
import type { ApiSpec, JsonSchema } from '../spec/service-spec.ts';

/** For example `(texts: string[], topK?: number) → Match[]`. */
export function describeApi(api: ApiSpec): string {
  const properties = (api.input.properties ?? {}) as Readonly<Record<string, JsonSchema>>; // a part of a JSON Schema
  const schemaOf = (name: string) => (api.body === 'fields' ? properties[name] : api.input);
  const parameters = api.parameters.map(
    ({ name, isRequired }) => `${name}${isRequired ? '' : '?'}: ${toText(schemaOf(name))}`,
  );
  const batches = api.batching ? `, in batches of up to ${api.batching.maxBatchSize}` : '';
  return `(${parameters.join(', ')}) → ${toResult(api)}${batches}`;
}

function toResult({ kind, output }: ApiSpec): string {
  switch (kind) {
    case 'unary':
      return toText(output.schema);
    case 'stream':
      return `stream of ${toText(output.schema)}`;
    case 'response':
      return 'HTTP response';
    default:
      return never(kind);
  }
}

function toText(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'unknown';
  const {
    $ref,
    enum: words,
    const: constant,
    anyOf,
    oneOf,
    type,
    items,
    title,
    [ioKeyword]: kind,
  } = schema as JsonSchema;
  const members = anyOf ?? oneOf;
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1);
  if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(' | ');
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(members)) return [...new Set(members.map(toText))].join(' | ');
  if (typeof kind === 'string') return [kind, ...[type].flat().filter((one) => one === 'null')].join(' | ');
  if (type === 'array') return items === undefined ? 'array' : `${bracketed(toText(items))}[]`;
  if (typeof title === 'string' && type === 'object') return title;
  return [type ?? 'unknown'].flat().join(' | ');
}

function bracketed(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}
