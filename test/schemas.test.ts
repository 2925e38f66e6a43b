import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

let started: Started;
before(async () => {
  started = await start('schemas');
});
after(() => started[Symbol.asyncDispose]());

interface Refusal {
  readonly error: string;
  readonly code: string;
  readonly detail: readonly { readonly loc: readonly unknown[]; readonly msg: string; readonly type: string }[];
}

async function text(path: string, body: unknown): Promise<string> {
  const response = await started.post(path, body);
  assert.equal(response.status, 200, path);
  return response.text();
}

async function refusal(path: string, body: unknown, status = 400): Promise<Refusal> {
  const response = await started.post(path, body);
  assert.equal(response.status, status, path);
  return (await response.json()) as Refusal;
}

const account = { name: 'ada', password: 'x', again: 'x' };

test('one schema describes all parameters: defaults are filled in, and they arrive by name', async () => {
  assert.equal(await text('/signUp', account), 'ada xx free');
  assert.equal(await text('/signUp', { plan: 'paid', ...account }), 'ada xx paid');
});

test('a refinement over several parameters is answered 400 with its path and its message', async () => {
  assert.deepEqual(await refusal('/signUp', { ...account, again: 'y' }), {
    error: 'invalid input: again: differs from the first',
    code: 'INVALID_INPUT',
    detail: [{ loc: ['again'], msg: 'differs from the first', type: 'custom' }],
  });
});

test('a caller’s mistake that a schema finds is no error in the log', async () => {
  await refusal('/signUp', { ...account, name: 'a' });
  assert.deepEqual(
    started.log.filter(({ level, path }) => level === 'error' && path === '/signUp'),
    [],
  );
});

test('a whole body is what the schema makes of it', async () => {
  assert.equal(await text('/store', { at: '2026-01-01T00:00:00Z', values: [1, 2] }), '1767225600000: 2');
  assert.equal((await refusal('/store', { at: 'soon', values: [] })).detail[0]?.loc[0], 'at');
});

test('schemas of single parameters stand beside types, comments and the context', async () => {
  assert.equal(await text('/sample', { prompt: 'p' }), 'p 0.7 7 /sample');
  assert.equal(await text('/sample', { prompt: 'p', temperature: 1, seed: 2 }), 'p 1 2 /sample');
  const { error } = await refusal('/sample', { prompt: 'p', temperature: 3 });
  assert.equal(error, 'invalid input: temperature must be at most 2, but is 3');
});

test('a refinement may take its time', async () => {
  assert.equal(await text('/register', { name: 'bob' }), 'bob');
  assert.equal((await refusal('/register', { name: 'ada' })).error, 'invalid input: name: is taken');
});

test('a schema may contain itself', async () => {
  assert.equal(await text('/depth', { name: 'a', children: [{ name: 'b' }] }), '2');
  assert.deepEqual((await refusal('/depth', { name: 'a', children: [{ name: 1 }] })).detail[0]?.loc, [
    'children',
    0,
    'name',
  ]);
});

test('of a union that a word tells apart, the member that is meant is spoken of', async () => {
  assert.equal(await text('/shape', { shape: { kind: 'circle', radius: 1 } }), 'circle');
  assert.deepEqual((await refusal('/shape', { shape: { kind: 'circle', radius: -1 } })).detail[0]?.loc, [
    'shape',
    'radius',
  ]);
  const { error } = await refusal('/shape', { shape: { kind: 'line' } });
  assert.equal(error, 'invalid input: shape.kind must be "circle" or "square", but is "line"');
});

test('what a library takes is not refused because JSON Schema means something else by the same word', async () => {
  assert.equal(await text('/shape', { shape: { kind: 'square', name: 'UPPER' } }), 'square'); // the flag of the pattern
  assert.equal(await text('/loose', { time: '12:00:00', word: '  abc  ' }), '12:00:00 abc');
});

test('a schema that closes its object refuses unknown fields at the top', async () => {
  const { detail } = await refusal('/loose', { time: '12:00:00', word: 'abc', more: 1 });
  assert.deepEqual(detail[0]?.loc, ['more']);
});

test('arktype, valibot and JSON Schema do as well', async () => {
  assert.equal(await text('/x', { point: { x: 1, y: 2 } }), '1');
  assert.equal(
    (await refusal('/x', { point: { x: 0.5, y: 2 } })).error,
    'invalid input: point.x must be a whole number, but is 0.5',
  );
  assert.equal(await text('/color', { color: { red: 1 } }), '1 grey');
  assert.equal((await refusal('/color', { color: { red: 256 } })).detail[0]?.type, 'maximum');
  assert.equal(await text('/size', { size: 1 }), '1');
  assert.equal((await refusal('/size', { size: 0 })).detail[0]?.type, 'minimum');
});

for (const [library, path, good, bad, loc] of [
  ['zod', '/older', { person: { name: 'A', age: 1 } }, { person: { name: 'A', age: 1.5 } }, ['person', 'age']],
  [
    'zod, by an alias',
    '/nickname',
    { person: { name: 'A', age: 1 } },
    { person: { name: '', age: 1 } },
    ['person', 'name'],
  ],
  ['zod, of a whole body', '/whole', { name: 'A', age: 1 }, { name: 'A', age: -1 }, ['age']],
  ['zod, inside of an object', '/tag', { tag: ' ab ' }, { tag: '  a  ' }, ['tag']],
  ['arktype', '/y', { point: { x: 1, y: 2 } }, { point: { x: 1, y: 0 } }, ['point', 'y']],
  ['valibot', '/red', { color: { red: 1 } }, { color: { red: 256 } }, ['color', 'red']],
] as const) {
  test(`a type that is inferred from a schema has what the schema checks: ${library}`, async () => {
    await text(path, good);
    const { code, detail } = await refusal(path, bad);
    assert.deepEqual([code, detail[0]?.loc], ['INVALID_INPUT', loc]);
  });
}

test('what only the library can check is checked in the worker, for inferred types too', async () => {
  const { detail } = await refusal('/older', { person: { name: 'A', age: 1, email: 'nobody' } });
  assert.deepEqual(detail, [{ loc: ['person', 'email'], msg: 'Invalid email address', type: 'invalid_format' }]);
});

test('of z.output the method gets what the schema gives, of z.input what was sent', async () => {
  assert.equal(await text('/tag', { tag: '  ab ' }), 'ab');
  assert.equal(await text('/sentTag', { tag: '  ab ' }), '  ab ');
});

test('a result is what its schema makes of it; one that does not fit is answered 500, and the log says where', async () => {
  assert.equal(await text('/judge', { score: 0.5, label: ' a ' }), '{"score":0.5,"label":"a"}');
  const { code, detail } = await refusal('/judge', { score: 5, label: 'a' }, 500);
  assert.deepEqual([code, detail], ['OUTPUT_INVALID', []]);
  const line = await started.line(({ level, path }) => level === 'error' && path === '/judge');
  assert.match(line.message, /^Schemas\.judge: the result does not fit its output schema: score: Too big/);
});

test('each item of a stream is checked by the schema of results', async () => {
  const response = await started.post('/countDown', { from: 1 }, { headers: { accept: 'text/event-stream' } });
  const events = await response.text();
  assert.match(events, /data: 1\n\n[\s\S]*data: 0\n\n[\s\S]*event: error\n/);
  assert.match(events, /OUTPUT_INVALID/);
});

test('a schema that throws is answered 500, and the log says that it was the schema', async () => {
  assert.equal((await refusal('/throws', { text: 'x' }, 500)).code, 'METHOD_FAILED');
  const line = await started.line(({ level, path }) => level === 'error' && path === '/throws');
  assert.match(line.message, /a schema threw instead of saying what is wrong: boom/);
});

test('a refinement that fails does not end the worker', async () => {
  assert.equal((await refusal('/rejects', { text: 'x' }, 500)).code, 'METHOD_FAILED');
  assert.equal(await text('/size', { size: 1 }), '1');
  assert.equal(
    started.log.some(({ message }) => message.includes('the worker ends')),
    false,
  );
});

test('a schema that never answers is ended by the time-out', async () => {
  assert.equal((await refusal('/never', { text: 'x' }, 504)).code, 'TIMEOUT');
});

test('the documents say what the schemas say', async () => {
  const { routes } = (await (await fetch(`${started.url}/schema.json`)).json()) as {
    routes: { name: string; input: { properties: Record<string, object>; required?: string[] } }[];
  };
  const inputOf = (name: string) => {
    const input = routes.find((route) => route.name === name)?.input;
    assert.ok(input, name);
    return input;
  };
  assert.deepEqual(inputOf('sample').properties.temperature, {
    title: 'Temperature',
    default: 0.7,
    type: 'number',
    minimum: 0,
    maximum: 2,
  });
  assert.equal((inputOf('sample').properties.seed as { description: string }).description, 'What to begin with.');
  assert.deepEqual(inputOf('signUp').required, ['name', 'password', 'again']);
  assert.equal((inputOf('tag').properties.tag as { minLength: number }).minLength, 2);
});

const head = `import { api, service } from 'bentots';\nimport { z } from 'zod';\n`;
const wrong: readonly (readonly [what: string, code: string, message: RegExp])[] = [
  [
    'a schema of all parameters that does not name them',
    '@service() export class S { @api({ input: z.object({ b: z.string() }) }) m(a: string): void {} }',
    /^S\.m has the parameter "a", which is not in its input \(b\)/,
  ],
  [
    'a schema for a parameter that is not there',
    '@service() export class S { @api({ params: { b: z.string() } }) m(a: string): void {} }',
    /^params of S\.m has "b", but its parameters are a/,
  ],
  [
    'a transform whose result has no known type',
    '@service() export class S { @api({ output: z.string().transform(Number) }) m(): string { return "1" } }',
    /^the output of S\.m cannot be written as JSON Schema/,
  ],
  [
    'a type that is inferred from a schema which is not exported',
    'const X = z.string();\n@service() export class S { @api() m(a: z.infer<typeof X>): void {} }',
    /export it where you declare it: export const X/,
  ],
  [
    'JSON Schema that is none',
    "@service() export class S { @api({ params: { a: { type: 'strin' } } }) m(a: string): void {} }",
    /^params\.a of S\.m is no valid JSON Schema: type must be/,
  ],
];

for (const [what, code, message] of wrong) {
  test(`the server does not start with ${what}`, async () => {
    using written = writeFiles({ 'service.ts': `${head}${code}\n` });
    await assert.rejects(start(written.file), { message });
  });
}
