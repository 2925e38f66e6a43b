/** Writes the module of a typed client, from what a running service says of itself. */

import { ioKeyword } from '../io/io-type.ts';
import { definitionsOf, isSchema } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import { readDialect } from './dialect.ts';
import { filePlace } from './file-place.ts';
import { isReservedName } from './reserved-names.ts';
import { isIdentifier, toComment, toKey, toLiteral, toParameterName, toTypeName, toUnique } from './source-text.ts';
import { createTypeWriter, describe, indent, type TypeWriter } from './type-text.ts';

/** What is generated for the methods, and what it is called. */
export interface GeneratedClient {
  /** The interface with the methods. */
  readonly name: string;
  readonly source: string;
}

/** Names that stand for something else in what is written. */
const foreign =
  `AsyncIterable Blob Client ClientOptions Date File ImageFile Map Promise Record Response ServerEvent Set Table Tensor URL Array ArrayBuffer
  BigInt64Array BigUint64Array Float16Array Float32Array Float64Array Int16Array Int32Array Int8Array Uint16Array Uint32Array
  Uint8Array Uint8ClampedArray createClient url options`.split(/\s+/);

/**
 * Writes the module. The same document gives the same text, wherever it came from.
 *
 * @param document `/schema.json`, which {@link parseServiceSchema} has taken.
 * @param given what to call the interface, if not as the service is called.
 */
export function generateClient(document: JsonSchema, given?: string): GeneratedClient {
  const taken = new Set(foreign);
  const name = toUnique(given ?? nameOf(document.name), taken);
  const create = toUnique(`create${name}`, taken);
  const types = createTypeWriter(taken);
  const routes = new Map((document.routes as JsonSchema[]).map((route) => [String(route.name), route])); // the last counts
  const methods = [...routes.values()]
    .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))
    .map((route) => indent(writeMethod(route, types)));
  const declarations = types.declarations();
  const imports = [
    'type Client',
    'type ClientOptions',
    'createClient',
    ...[...types.imported].map((one) => `type ${one}`),
  ];
  const bare = (text: string) => text.replace('type ', '').toLowerCase();
  const sorted = imports.sort((a, b) => (bare(a) < bare(b) ? -1 : 1));
  const about = typeof document.description === 'string' ? document.description : '';
  const source = [
    '/** A typed client. Made by `bento client generate`, which overwrites what is changed here. */\n',
    `import { ${sorted.join(', ')} } from 'bentots/client';\n`,
    '\n',
    toComment(about.trim() === '' ? [`The methods of the service ${nameOf(document.name)}.`] : [about]),
    `export interface ${name} {${methods.length > 0 ? '\n' : ''}${methods.join('\n')}}\n`,
    ...declarations.map((declaration) => `\n${declaration}`),
    `\n/** Makes a client of a server of ${name}. */\n`,
    `export function ${create}(url: string | URL, options?: ClientOptions): Client<${name}> {\n`,
    `  return createClient<${name}>(url, options);\n`,
    '}\n',
  ];
  return { name, source: source.join('') };
}

function nameOf(given: unknown): string {
  const name = toTypeName(typeof given === 'string' ? given : '', 'Service');
  return isIdentifier(name) ? name : `${name}Service`;
}

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly words: readonly string[];
}

const longestLine = 118; // two less than the line, for the place inside the interface

function writeMethod(route: JsonSchema, types: TypeWriter): string {
  const name = String(route.name);
  const output = readDialect(isSchema(route.output) ? route.output : {});
  const isResponse = output['x-is-response'] === true;
  const item = isResponse ? 'Response' : (rawType(output) ?? types.write(output, definitionsOf(output), 'output'));
  const result = output.is_stream === true ? `AsyncIterable<${item}>` : `Promise<${item}>`;
  const parameters = readParameters(readDialect(isSchema(route.input) ? route.input : {}), types);
  const lastRequired = parameters.findLastIndex(({ isRequired }) => isRequired);
  const written = parameters.map(({ name: parameter, type, isRequired }, at) => {
    if (isRequired) return `${parameter}: ${type}`;
    return at > lastRequired ? `${parameter}?: ${type}` : `${parameter}: ${type} | undefined`;
  });
  const line = `${toKey(name)}(${written.join(', ')}): ${result};`;
  const isShort = line.length <= longestLine && !written.some((text) => text.includes('\n'));
  const signature = isShort
    ? line
    : `${toKey(name)}(\n${written.map((text) => indent(`${text},`)).join('')}): ${result};`;
  return toMethodComment(route, name, output, parameters) + signature;
}

function readParameters(input: JsonSchema, types: TypeWriter): Parameter[] {
  const definitions = definitionsOf(input);
  if (input.root_input === true) {
    return [
      { name: 'body', type: typeOf(input, types), isRequired: input.default === undefined, words: describe(input) },
    ];
  }
  const required = new Set(Array.isArray(input.required) ? input.required : []);
  const taken = new Set<string>();
  return Object.entries(isSchema(input.properties) ? input.properties : {}).map(([name, schema]) => ({
    name: toUnique(toParameterName(name), taken),
    type: typeOf(isSchema(schema) ? { ...schema, $defs: definitions } : {}, types),
    isRequired: required.has(name),
    words: describe(schema),
  }));
}

/** Bytes of Python services, which are what they are only where they are the whole body; in JSON they are texts. */
function rawType({ type, format, [ioKeyword]: io }: JsonSchema): string | undefined {
  return type === 'string' && format === 'binary' && io === undefined ? 'Uint8Array' : undefined;
}

/** Whatever is uploaded is taken where a file is described, and so is the address of one. */
function typeOf(schema: JsonSchema, types: TypeWriter): string {
  const raw = schema.root_input === true ? rawType(schema) : undefined;
  if (raw !== undefined) return raw;
  if (filePlace(schema) === undefined) return types.write(schema, definitionsOf(schema), 'input');
  const inner = (part: JsonSchema) => typeOf({ ...part, $defs: definitionsOf(schema) }, types);
  if (schema.type === 'file') return `Blob | Uint8Array | URL | ${types.use('ImageFile')}`;
  if (isSchema(schema.items) && filePlace(schema.items) === 'one') return `(${inner(schema.items)})[]`;
  const members = [schema.anyOf, schema.oneOf].flat().filter(isSchema);
  return [...new Set(members.map(inner))].join(' | ');
}

function toMethodComment(
  route: JsonSchema,
  name: string,
  output: JsonSchema,
  parameters: readonly Parameter[],
): string {
  const { description, doc } = route; // Python servers have said `doc`
  const about = [description, doc].find((text) => typeof text === 'string' && text.trim() !== '');
  const lines = [
    ...(typeof about === 'string' ? [about] : []),
    ...(route.is_task === true ? ['A task: this waits until it is done.'] : []),
    ...(isReservedName(name) ? [`The client keeps this name for itself; call it by $call(${toLiteral(name)}).`] : []),
  ];
  const tags = [
    ...parameters.flatMap(({ name: parameter, words }) =>
      words.length > 0 ? [{ tag: `@param ${parameter}`, words }] : [],
    ),
    ...(describe(output).length > 0 ? [{ tag: '@returns', words: describe(output) }] : []),
  ];
  return toComment(lines, tags);
}
