/** What bentots says of values and types: a service is written, its types are read, bodies are parsed and checked. */
import { ServiceError } from '../../src/errors.ts';
import { parseJson } from '../../src/io/parse-json.ts';
import { reflect } from '../../src/reflect/reflect.ts';
import { createValidatorCompiler, summarize } from '../../src/spec/validator.ts';
import { writeFiles } from '../write-service.ts';

/** A type in the author's words. */
export interface AuthorType {
  readonly declarations: readonly string[];
  readonly text: string;
}

/** The checks of one type: each says what is wrong with a value; `undefined` where nothing is. */
export interface Checks {
  /** Of a parameter: what a caller sends. */
  input(wire: unknown): string | undefined;
  /** The same, as the bytes of JSON. */
  body(text: string): string | undefined;
  /** Of a result. */
  output(value: unknown): string | undefined;
}

const depthLimit = 64;

/** Reads all types with one service. */
export async function readTypes(types: readonly AuthorType[]): Promise<readonly Checks[]> {
  const methods = types.map(({ text }, at) => `  @api() m${at}(value: ${text}): ${text} { return value; }`);
  const source = [
    "import { api, service } from 'bentots';",
    ...types.flatMap(({ declarations }) => declarations),
    '@service() export class S {',
    ...methods,
    '}\n',
  ].join('\n');
  using written = writeFiles({ 'service.ts': source });
  const { module } = await reflect(written.file);
  const compile = createValidatorCompiler();
  const byName = new Map(module.services[0]?.methods.map((method) => [method.name, method]));
  return types.map((_, at) => {
    const method = byName.get(`m${at}`);
    if (!method) throw new Error(`method m${at} was not found`);
    const [input, output] = [compile(method.input), compile(method.output)];
    const body = (text: string) => {
      try {
        const named = parseJson(Buffer.from(`{"value":${text}}`), depthLimit);
        return input.fits(named) ? undefined : summarize(input.violations(named, true));
      } catch (error) {
        if (error instanceof ServiceError) return error.message;
        throw error;
      }
    };
    return {
      body,
      input: (wire) => body(JSON.stringify(wire)),
      output: (value) => (output.fits(value) ? undefined : summarize(output.violations(value, true))),
    };
  });
}
