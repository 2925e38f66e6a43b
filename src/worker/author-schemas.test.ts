import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import { createMethodSchemas, type GivenSchemas } from './author-schemas.ts';

const create = (given: GivenSchemas, names = ['a', 'b'], body: 'fields' | 'json' = 'fields') => {
  const { input, output } = createMethodSchemas(
    { body, parameters: names.map((name) => ({ name, isRequired: false })) },
    given,
  );
  return {
    has: [input !== undefined, output !== undefined],
    input: async (...args: unknown[]) => input?.(args),
    output: async (value: unknown) => output?.(value),
    inputNow: (...args: unknown[]) => input?.(args),
  };
};

test('without a schema of a library there is nothing to run', () => {
  assert.deepEqual(create({}).has, [false, false]);
  assert.deepEqual(create({ output: {}, params: { a: {} } }).has, [false, false]);
  assert.deepEqual(create({ input: { type: 'object' } }).has, [false, false]);
});

test('schemas that answer at once do not make the method wait', () => {
  assert.deepEqual(create({ params: { a: type('string.trim') } }).inputNow(' x ', 1), ['x', 1]);
});

test('a default of JSON Schema is filled in, a fresh one each time', async () => {
  const list = { type: 'array', default: [] };
  const single = create({ params: { a: list, b: { type: 'string' } } });
  const [first] = (await single.input(undefined, 'x')) ?? [];
  const [second] = (await single.input(undefined, 'x')) ?? [];
  assert.deepEqual([first, second], [[], []]);
  assert.notEqual(first, second);
  const whole = create({ input: { type: 'object', properties: { a: {}, b: { default: 7 } } } });
  assert.deepEqual(await whole.input('x', undefined), ['x', 7]);
  assert.deepEqual(await create({ input: { type: 'string', default: 'x' } }, ['body'], 'json').input(undefined), ['x']);
});

test('each parameter is what its schema makes of it, and the others stay', async () => {
  const { input } = create({ params: { a: z.string().transform(Number), b: z.string().refine(async () => true) } });
  assert.deepEqual(await input('1', 'x'), [1, 'x']);
});

test('a parameter that was left out is the default of its schema, or is left to JavaScript', async () => {
  const { input } = create({ params: { a: z.string().default('x'), b: z.string() } });
  assert.deepEqual(await input(undefined, undefined), ['x', undefined]);
});

test('of a type that is the input of a schema the method gets what was sent', async () => {
  const inferred = new Map([['a', { schema: z.string().trim().min(1), gives: 'input' as const }]]);
  const { input } = create({ inferred });
  assert.deepEqual(await input(' x ', 1), [' x ', 1]);
  await assert.rejects(input('  ', 1), { code: 'INVALID_INPUT' });
});

test('one schema for all parameters sees those that were sent, and gives them by name', async () => {
  const schema = z.object({ b: z.number().optional(), a: z.string() }).transform((all) => ({ ...all, b: all.b ?? 7 }));
  assert.deepEqual(await create({ input: schema }).input('x', undefined), ['x', 7]);
});

test('one schema that gives no object is a mistake of the author', async () => {
  const { input } = create({ input: z.object({ a: z.string() }).transform(({ a }) => a) });
  await assert.rejects(input('x'), /^TypeError: the input schema gave no object with the parameters/);
});

test('a whole body goes through its schema', async () => {
  const { input } = create({ input: z.array(z.string()).transform((list) => list.length) }, ['body'], 'json');
  assert.deepEqual(await input(['x', 'y']), [2]);
  await assert.rejects(input(['x', 1]), {
    message: 'invalid input: [1]: Invalid input: expected string, received number',
  });
});

test('what is wrong is told for all parameters, by path, with the words of the library', async () => {
  const { input } = create({
    params: { a: z.object({ n: z.array(z.int()) }), b: z.string().refine(() => false, { message: 'is taken' }) },
  });
  await assert.rejects(input({ n: [1, 1.5] }, 'x'), (error: Error & { code?: string; detail?: unknown }) => {
    assert.equal(error.code, 'INVALID_INPUT');
    assert.match(error.message, /^invalid input: a\.n\[1\]: Invalid input: expected int.* \(and 1 more\)$/);
    assert.deepEqual(error.detail, [
      { loc: ['a', 'n', 1], msg: 'Invalid input: expected int, received number', type: 'invalid_type' },
      { loc: ['b'], msg: 'is taken', type: 'custom' },
    ]);
    return true;
  });
});

test('at most 100 violations are told, each short', async () => {
  const { input } = create({ params: { a: z.array(z.string().refine(() => false, { message: 'x'.repeat(9999) })) } });
  await assert.rejects(input(Array(1000).fill('x')), (error: Error & { detail?: readonly { msg: string }[] }) => {
    assert.deepEqual([error.detail?.length, error.detail?.[0]?.msg.length], [100, 500]);
    return true;
  });
});

test('a schema that throws is no mistake of the caller', async () => {
  const boom = () => {
    throw new Error('boom');
  };
  const now = create({ params: { a: z.string().refine(boom) } });
  await assert.rejects(now.input('x'), /^TypeError: a schema threw instead of saying what is wrong: boom$/);
  const later = create({ output: z.string().refine(async () => boom()) });
  await assert.rejects(later.output('x'), /^TypeError: a schema threw/);
});

test('of several schemas that fail in their own ways none is left unheard', async () => {
  const standard = (validate: () => Promise<never>) => ({ '~standard': { version: 1, vendor: 'acme', validate } });
  const later = standard(() => Promise.reject(new Error('later')));
  const now = standard(() => {
    throw new Error('now');
  });
  await assert.rejects(create({ params: { a: later, b: now } }).input('x', 'x'), /a schema threw/);
  await new Promise((resolve) => setImmediate(resolve)); // when Node would tell of a rejection that nobody heard
});

test('a refinement that is async runs once', async () => {
  let runs = 0;
  const counts = z.string().refine(async () => ++runs > 0);
  assert.deepEqual(await create({ params: { a: counts } }).input('x', 1), ['x', 1]);
  assert.equal(runs, 1);
});

test('a result is what its schema makes of it, or is refused with the reason as its cause', async () => {
  const { output } = create({ output: z.object({ n: z.number().max(1) }) });
  assert.deepEqual(await output({ n: 1, more: 2 }), { n: 1 });
  await assert.rejects(output({ n: 2 }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'OUTPUT_INVALID');
    assert.match(String(error.cause), /the result does not fit its output schema: n: Too big/);
    return true;
  });
});
