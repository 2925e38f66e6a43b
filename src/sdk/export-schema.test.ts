import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { exportSchemas } from './export-schema.ts';

const load = (name: string) => import(name) as Promise<Record<string, unknown>>;
const exported = (options: Record<string, unknown>, loadPackage = load) => exportSchemas(options, 'S.m', loadPackage);

for (const [library, schema] of [
  ['zod', z.int().min(1).max(9)],
  ['zod/mini', mini.int().check(mini.minimum(1), mini.maximum(9))],
  ['arktype', type('1 <= number.integer <= 9')],
  ['valibot, wrapped', toStandardJsonSchema(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)))],
  ['valibot, bare', v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9))],
] as const) {
  test(`a schema of ${library} is exported, and will be run`, async () => {
    const { input } = await exported({ input: schema });
    const { $schema, ...rest } = input?.schema ?? {};
    assert.deepEqual(rest, { type: 'integer', minimum: 1, maximum: 9 });
    assert.deepEqual([input?.isRun, input?.takesUndefined], [true, false]);
  });
}

test('JSON Schema is taken as it is, and nothing of it runs', async () => {
  const { output } = await exported({ output: { type: 'string', [Symbol('kind')]: 1, more: undefined } });
  assert.deepEqual(output, { schema: { type: 'string' }, isRun: false, takesUndefined: false });
});

test('what may be left out is known from the schema', async () => {
  const { params } = await exported({
    params: {
      optional: z.string().optional(),
      defaulted: z.string().default('x'),
      later: z
        .string()
        .optional()
        .refine(async () => true),
      needed: z.string(),
      plain: { type: 'string', default: 'x' },
    },
  });
  assert.deepEqual(
    params?.map(([name, schema]) => [name, schema.takesUndefined]),
    [
      ['optional', true],
      ['defaulted', true],
      ['later', true],
      ['needed', false],
      ['plain', true],
    ],
  );
});

test('a schema that does not answer whether it takes undefined does not hold the start for long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = Promise.withResolvers<void>();
  const silent = z.any().refine(() => {
    asked.resolve();
    return new Promise<boolean>(() => {});
  });
  const exporting = exported({ params: { a: silent } });
  await asked.promise;
  t.mock.timers.tick(1000);
  assert.equal((await exporting).params?.[0]?.[1].takesUndefined, false);
});

test('a schema of results is not asked about undefined', async () => {
  let runs = 0;
  await exported({ output: z.any().refine(() => ++runs > 0) });
  assert.equal(runs, 0);
});

test('of a transform the input is what is sent, and the output what comes of it', async () => {
  const schema = z.string().transform(Number).pipe(z.number());
  const { input, output } = await exported({ input: schema, output: schema });
  assert.deepEqual([input?.schema.type, output?.schema.type], ['string', 'number']);
});

const standard = (more: object) => ({
  '~standard': { version: 1, vendor: 'acme', validate: () => ({ value: 1 }), ...more },
});
const wrong: readonly (readonly [what: string, options: Record<string, unknown>, message: string])[] = [
  [
    'a number',
    { input: 12 },
    'the input of S.m is 12, but must be a schema: one of zod, arktype or the like, or JSON Schema',
  ],
  ['an array', { output: [] }, 'the output of S.m is an array, but must be a schema'],
  ['a class', { params: { a: Date } }, 'params.a of S.m is a function, but must be a schema'],
  [
    'an object of schemas',
    { input: { name: z.string(), age: z.number() } },
    'the input of S.m is an object with schemas in it (name, age), but must be one schema; wrap them, as in z.object({ … }), or describe single parameters with params: { … }',
  ],
  [
    'an object of something else',
    { input: { name: 'string' } },
    'the input of S.m is an object without any keyword of JSON Schema (name); give it a schema',
  ],
  [
    'a library without JSON Schema',
    { input: standard({}) },
    'the input of S.m is a schema of acme, which cannot write itself as JSON Schema; use a library that keeps to Standard JSON Schema, or give JSON Schema itself',
  ],
  [
    'a result that a transform makes of no known type',
    { output: z.string().transform(Number) },
    'the output of S.m cannot be written as JSON Schema (Transforms cannot be represented in JSON Schema); say what comes out of it, as .pipe(…) does after a transform, or leave the last step to the method',
  ],
  [
    'an input that JSON has no word for',
    { params: { when: z.date() } },
    'params.when of S.m cannot be written as JSON Schema (Date cannot be represented in JSON Schema); describe what is sent, for example a text that a transform turns into a date',
  ],
];

for (const [what, options, message] of wrong) {
  test(`refused with what to do: ${what}`, async () => {
    await assert.rejects(exported(options), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'SERVICE_INVALID');
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    });
  });
}

test('a bare schema of valibot says which package is missing', async () => {
  const without = () => Promise.reject(new Error('not installed'));
  await assert.rejects(exported({ input: v.string() }, without), {
    message:
      'the input of S.m is a schema of valibot, which cannot write itself as JSON Schema without a package beside it; run: npm install @valibot/to-json-schema',
  });
});
