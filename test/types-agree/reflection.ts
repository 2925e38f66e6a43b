/** What bentots says of values and types: a service is written, its types are read, bodies are parsed and checked. */
import { ServiceError } from '../../src/errors.ts';
import { pack, unpack } from '../../src/io/crossing.ts';
import { Misfit } from '../../src/io/misfit.ts';
import { parseJson } from '../../src/io/parse-json.ts';
import { createOutputChecks } from '../../src/pool/output.ts';
import { reflect } from '../../src/reflect/reflect.ts';
import { createReader } from '../../src/spec/codec.ts';
import type { ReflectedMethod } from '../../src/spec/reflected.ts';
import type { JsonSchema } from '../../src/spec/service-spec.ts';
import { createValidatorCompiler, summarize, type Validator } from '../../src/spec/validator.ts';
import { writeFiles } from '../write-service.ts';

/** A type in the author's words. */
export interface AuthorType {
  readonly declarations: readonly string[];
  readonly text: string;
}

/** What bentots does with values of one type. */
export interface Checks {
  /** What is wrong with what a caller sends for a parameter; `undefined` where nothing is. */
  input(wire: unknown): string | undefined;
  /** The same, as the bytes of JSON. */
  body(text: string): string | undefined;
  /** What is wrong with a result, in JSON. */
  output(wire: unknown): string | undefined;
  /** What the author's method gets for what a caller sends. */
  decode(wire: unknown): unknown;
  /** What a caller gets for what the author's method gives. */
  encode(value: unknown): unknown;
}

const depthLimit = 64;
const limits = [
  ...['Above', 'Below', 'Int', 'Max', 'MaxItems', 'MaxLength', 'Min', 'MinItems', 'MinLength'],
  ...['MultipleOf', 'Pattern', 'UniqueItems'],
];

/** Reads all types with one service. */
export async function readTypes(types: readonly AuthorType[]): Promise<readonly Checks[]> {
  const methods = types.map(
    ({ text }, at) => `  @api() m${at}(value: ${text}): { value: ${text} } { return { value }; }`,
  );
  const source = [
    "import { api, service } from 'bentots';",
    `import type { ${limits.join(', ')} } from 'bentots';`,
    ...types.flatMap(({ declarations }) => declarations),
    '@service() export class S {',
    ...methods,
    '}\n',
  ].join('\n');
  // A package of its own: of the types of bentots itself the comments are not read.
  const manifest = '{ "name": "project", "type": "module" }';
  using written = writeFiles({ 'service.ts': source, 'package.json': manifest });
  const { module } = await reflect(written.file);
  const compile = createValidatorCompiler();
  const byName = new Map(module.services[0]?.methods.map((method) => [method.name, method]));
  return types.map((_, at) => {
    const method = byName.get(`m${at}`);
    if (!method) throw new Error(`method m${at} was not found`);
    return createChecks(method, compile);
  });
}

/** As a request goes: gateway/http/read.ts, worker/invoke.ts, pool/output.ts. */
function createChecks(method: ReflectedMethod, compile: (schema: JsonSchema) => Validator): Checks {
  const [input, output] = [compile(method.input), compile(method.output)];
  const read = createReader(method.input, (member) => compile(member).fits);
  const checkOutput = createOutputChecks({ schema: method.output }, compile)(undefined);
  const receive = (text: string): { readonly value: unknown } => {
    const named = parseJson(Buffer.from(`{"value":${text}}`), depthLimit);
    if (!input.fits(named)) throw new Misfit('input', summarize(input.violations(named, true)));
    return (read ? read(named) : named) as { value: unknown }; // as the method's only parameter
  };
  const body = (text: string) => {
    try {
      receive(text);
      return undefined;
    } catch (error) {
      if (error instanceof Misfit || error instanceof ServiceError) return error.message;
      throw error;
    }
  };
  return {
    body,
    input: (wire) => body(JSON.stringify(wire)),
    output: (wire) => (output.fits({ value: wire }) ? undefined : summarize(output.violations({ value: wire }, true))),
    decode: (wire) => unpack(structuredClone(receive(JSON.stringify(wire)).value)),
    encode(value) {
      const checked = checkOutput(structuredClone(pack({ value })));
      if (checked.error) throw checked.error.cause;
      return (checked.value as { value: unknown }).value; // as the method's result
    },
  };
}
