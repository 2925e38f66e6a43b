/** Ways from the bytes of a body to arguments that are known to fit. */
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import type { ReflectedMethod } from '../../src/spec/reflected.ts';

/** Reads a body; throws if it does not fit. */
export type Read = (bytes: Buffer) => unknown;

/** Makes the readers of one method. */
export type Contestant = (method: ReflectedMethod) => Read;

const root = resolve(import.meta.dirname, '../..');

/** Reads the service's types with the built output. */
export async function reflectService(): Promise<ReadonlyMap<string, ReflectedMethod>> {
  const { reflect } = (await import(
    join(root, 'dist/reflect/reflect.js')
  )) as typeof import('../../src/reflect/reflect.ts');
  const { module } = await reflect(join(import.meta.dirname, 'service.ts'));
  return new Map(module.services.flatMap(({ methods }) => methods.map((method) => [method.name, method] as const)));
}

/** Everyone who takes part, the first being what the others are compared with. */
export async function loadContestants(): Promise<Readonly<Record<string, Contestant>>> {
  const { parseJson } = (await import(
    join(root, 'dist/io/parse-json.js')
  )) as typeof import('../../src/io/parse-json.ts');
  const { createValidatorCompiler } = (await import(
    join(root, 'dist/spec/validator.js')
  )) as typeof import('../../src/spec/validator.ts');
  return {
    Ajv: ({ input }) => {
      const validate = new Ajv2020({ strict: false }).compile(input);
      return (bytes) => {
        const value: unknown = JSON.parse(bytes.toString());
        if (!validate(value)) throw new Error('it does not fit');
        return value;
      };
    },
    bentots: ({ input, parameters }) => {
      const validator = createValidatorCompiler()(input);
      return (bytes) => {
        const value = parseJson(bytes, 100); // as gateway/http/read.ts does
        if (!validator.fits(value)) throw new Error('it does not fit');
        const named = value as Readonly<Record<string, unknown>>; // the input's schema is of an object
        return parameters.map(({ name }) => (Object.hasOwn(named, name) ? named[name] : undefined));
      };
    },
    zod: ({ name }) => {
      const schema = createZodSchemas()[name];
      if (!schema) throw new Error(`there is no zod schema for ${name}`);
      return (bytes) => schema.parse(JSON.parse(bytes.toString()));
    },
    'JSON.parse alone': () => (bytes) => JSON.parse(bytes.toString()),
  };
}

function createZodSchemas(): Readonly<Record<string, z.ZodType>> {
  const item = z.object({
    id: z.int().min(0),
    name: z.string(),
    kind: z.enum(['book', 'toy', 'tool']),
    price: z.number(),
    tags: z.array(z.string()),
    position: z.object({ x: z.number(), y: z.number() }).optional(),
    note: z.string().nullable().optional(),
  });
  return { sum: z.object({ items: z.array(item) }), mean: z.object({ vectors: z.array(z.array(z.number())) }) };
}
