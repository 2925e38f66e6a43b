/** What a service says about itself in `/schema.json`, checked and reduced to what a call needs. */
import { answerFormsOf, type ReadableForm, wholeBodyForm } from '../io/answer.ts';
import { itemsOf } from '../io/io-types.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import type { BaseUrl } from './base-url.ts';
import { CallError } from './call-error.ts';
import { readDialect } from './dialect.ts';
import { filePlace } from './file-place.ts';
import type { ItemForm } from './item-stream.ts';
import { createOutputReader } from './output-reader.ts';

/** How an argument that is the whole body is written. */
export type RootForm = 'text' | 'json' | 'bytes' | 'file';

/** One argument. */
export interface Parameter {
  readonly name: string;
  readonly isRequired: boolean;
  /** Whether the schema describes a file to upload, or a list of them. */
  readonly filePlace?: 'one' | 'list' | undefined;
}

/** One method of a running service. */
export interface RemoteMethod {
  readonly name: string;
  /** Where to POST. */
  readonly url: string;
  /** In the order in which arguments are given. */
  readonly parameters: readonly Parameter[];
  /** Whether the one argument is the whole body instead of a field of it, and how it is then written. */
  readonly root: RootForm | undefined;
  /** The argument that may be sent item by item, and how; undefined where there is none, or several. */
  readonly inflow: { readonly at: number; readonly form: ItemForm } | undefined;
  /** The form in which what JSON writes at length is sent as it lies in memory, if the server takes one. */
  readonly binaryInput: ReadableForm | undefined;
  /** The same of answers. */
  readonly binaryOutput: ReadableForm | undefined;
  /** Schema of the value, or of one item. */
  readonly output: JsonSchema;
  /** Makes values of an answer or an item in JSON, where they are more than JSON says. */
  readonly readOutput: ((json: unknown) => unknown) | undefined;
  readonly isStream: boolean;
  /** Whether the method makes the answer itself, which is then handed on as it is. */
  readonly isResponse: boolean;
}

/** One running service. */
export interface ServiceSchema {
  readonly name: string;
  readonly methods: ReadonlyMap<string, RemoteMethod>;
}

/**
 * Reads a schema document.
 *
 * @param url where it came from; decides with `base` what the routes in it are relative to.
 * @throws CallError `RESPONSE_INVALID` if it is not one.
 */
export function parseServiceSchema(document: unknown, url: string, base: BaseUrl): ServiceSchema {
  if (!isRecord(document) || !Array.isArray(document.routes)) throw invalid(url, 'has no list of routes');
  const root = base.rootFor(
    document.routes.flatMap((route) => (isRecord(route) ? [String(route.route)] : [])),
    url,
  );
  const methods = document.routes.map((route: unknown) => parseRoute(route, url, root));
  return {
    name: typeof document.name === 'string' ? document.name : 'the service',
    methods: new Map(methods.map((method) => [method.name, method])),
  };
}

function parseRoute(route: unknown, url: string, root: string): RemoteMethod {
  if (!isRecord(route)) throw invalid(url, 'has a route that is not an object');
  const { name, route: path, input } = route;
  if (typeof name !== 'string') throw invalid(url, 'has a route without a name');
  // A path that does not begin with a slash could name another host: `@host`.
  if (typeof path !== 'string' || !path.startsWith('/')) throw invalid(url, `has no path for ${name}`);
  if (!isRecord(input) || !isRecord(route.output)) throw invalid(url, `has no input or no output for ${name}`);
  const output = readDialect(route.output);
  const isRoot = input.root_input === true;
  const required = new Set(Array.isArray(input.required) ? input.required : []);
  const fields = Object.entries(isRecord(input.properties) ? input.properties : {});
  return {
    name,
    url: root + path,
    parameters: isRoot
      ? [{ name: 'body', isRequired: false }]
      : fields.map(([parameter, schema]) => ({
          name: parameter,
          isRequired: required.has(parameter),
          filePlace: filePlace(schema),
        })),
    root: isRoot ? rootForm(input) : undefined,
    inflow: inflowOf(isRoot ? [input] : fields.map(([, schema]) => schema), isRoot),
    binaryInput: binaryForm(input),
    binaryOutput: output.is_stream === true ? undefined : binaryForm(output),
    output,
    readOutput: createOutputReader(output),
    isStream: output.is_stream === true,
    isResponse: output['x-is-response'] === true,
  };
}

function binaryForm(schema: JsonSchema): ReadableForm | undefined {
  const names: readonly unknown[] = Array.isArray(schema['x-media-types']) ? schema['x-media-types'] : [];
  if (names.length === 0) return undefined;
  return answerFormsOf(schema).find(
    (form): form is ReadableForm => form.keeps !== undefined && 'decode' in form && names.includes(form.mediaType),
  );
}

function inflowOf(schemas: readonly unknown[], isRoot: boolean): RemoteMethod['inflow'] {
  const found = schemas.flatMap((schema, at) => {
    const item = isRecord(schema) ? itemsOf(schema) : undefined;
    if (!item) return [];
    const form: ItemForm = wholeBodyForm(item) !== 'bytes' ? 'lines' : isRoot ? 'pieces' : 'frames';
    return [{ at, form }];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** Python servers describe bytes as a string of the format `binary`. */
function rootForm(input: JsonSchema): RootForm {
  if (filePlace(input) === 'one') return 'file';
  return input.format === 'binary' ? 'bytes' : wholeBodyForm(input);
}

function invalid(url: string, problem: string): CallError {
  return new CallError(`${url} is not the schema of a BentoML service: it ${problem}`, {
    code: 'RESPONSE_INVALID',
    url,
  });
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
