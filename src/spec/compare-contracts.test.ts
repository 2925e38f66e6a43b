import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareContracts } from './compare-contracts.ts';
import { type Contract, type ContractApi, parseContract, toContract } from './contract.ts';
import type { JsonSchema, ServiceSpec } from './service-spec.ts';

const string = { type: 'string' };
const number = { type: 'number' };
const bytes = { type: 'string', contentEncoding: 'base64', 'x-io-type': 'bytes' };
const object = (properties: JsonSchema, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
});
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const orNull = (...members: JsonSchema[]): JsonSchema => ({ anyOf: [...members, { type: 'null' }] });

/** A method; of its parameters, those with a question mark may be left out. */
function method(parameters: Readonly<Record<string, JsonSchema>>, output: JsonSchema, more: Partial<ContractApi> = {}) {
  const given = Object.entries(parameters).map(([name, schema]) => ({
    name: name.replace('?', ''),
    isRequired: !name.endsWith('?'),
    schema,
  }));
  return {
    name: 'run',
    kind: 'unary',
    route: '/run',
    body: 'fields',
    parameters: given.map(({ name, isRequired }) => ({ name, isRequired })),
    input: {
      type: 'object',
      properties: Object.fromEntries(given.map(({ name, schema }) => [name, schema])),
      required: given.flatMap(({ name, isRequired }) => (isRequired ? [name] : [])),
    },
    output: { schema: output },
    ...more,
  } satisfies ContractApi;
}

/** A method that takes the body as a whole. */
const whole = (input: JsonSchema): ContractApi => ({ ...method({ a: input }, number), body: 'json', input });

const service = (...apis: ContractApi[]): Contract => ({ name: 'Demo', apis });

/** The changes as lines. */
const changes = (before: Contract, after: Contract) =>
  compareContracts(before, after).map(({ verdict, where, what }) => `${verdict}: ${where} ${what}`);

const plain = method({ text: string }, number);
const named = (name: string) => ({ ...plain, name, route: `/${name}` });

for (const [what, before, after, expected] of [
  ['nothing', plain, plain, []],

  // The method.
  ['a method that is gone', [plain, named('other')], [plain], ['breaks: other is gone']],
  ['a method that is new', [plain], [plain, named('other')], ['fine: other is new']],
  ['another route', plain, { ...plain, route: '/v2' }, ['breaks: run had the route /run, has now /v2']],
  [
    'a stream instead of a value',
    plain,
    { ...plain, kind: 'stream' },
    ['breaks: run was answered at once, is now answered item by item'],
  ],
  [
    'a value instead of a stream',
    { ...plain, kind: 'stream' },
    plain,
    ['breaks: run was answered item by item, is now answered at once'],
  ],
  ['other words about it', plain, { ...plain, description: 'Runs.' }, ['fine: run has another description']],
  ['one that is deprecated', plain, { ...plain, isDeprecated: true }, ['fine: run is now deprecated']],
  ['one that is not any more', { ...plain, isDeprecated: true }, plain, ['fine: run is no longer deprecated']],

  // Its parameters.
  [
    'a parameter that is gone',
    method({ a: string, 'b?': string }, number),
    method({ a: string }, number),
    ['breaks: run(b) is gone: it is no longer read'],
  ],
  [
    'one that is new and required',
    plain,
    method({ text: string, b: number }, number),
    ['breaks: run(b) is new and required'],
  ],
  [
    'one that is new and optional',
    plain,
    method({ text: string, 'b?': number }, number),
    ['fine: run(b) is new and optional'],
  ],
  [
    'one that is now required',
    method({ 'a?': string }, number),
    method({ a: string }, number),
    ['breaks: run(a) was optional, is now required'],
  ],
  [
    'one that is now optional',
    method({ a: string }, number),
    method({ 'a?': string }, number),
    ['fine: run(a) was required, is now optional'],
  ],
  [
    'another order',
    method({ a: string, b: string }, number),
    method({ b: string, a: string }, number),
    ['breaks: run(a) was argument 1, is now argument 2', 'breaks: run(b) was argument 2, is now argument 1'],
  ],
  [
    'an optional one in front',
    method({ a: string }, number),
    method({ 'b?': string, a: string }, number),
    ['breaks: run(a) was argument 1, is now argument 2', 'fine: run(b) is new and optional'],
  ],
  [
    'another default',
    method({ 'a?': { ...number, default: 1 } }, number),
    method({ 'a?': { ...number, default: 2 } }, number),
    ['may break: run(a) has another default: was 1, is now 2'],
  ],
  [
    'a default of one that had to be sent',
    method({ a: number }, number),
    method({ 'a?': { ...number, default: 2 } }, number),
    ['fine: run(a) was required, is now optional'],
  ],
  [
    'a default that only the code knows',
    method({ 'a?': { ...number, default: 1 } }, number),
    method({ 'a?': number }, number),
    ['may break: run(a) has another default: was 1, is now not told'],
  ],

  // What it takes.
  [
    'another type',
    method({ a: string }, number),
    method({ a: number }, number),
    ['breaks: run(a) took string, now takes number only'],
  ],
  [
    'a wider type',
    method({ a: string }, number),
    method({ a: { type: ['string', 'number'] } }, number),
    ['fine: run(a) takes number, too'],
  ],
  [
    'null not taken any more',
    method({ a: orNull(string) }, number),
    method({ a: string }, number),
    ['breaks: run(a) took null, now takes string only'],
  ],
  [
    'a word less',
    method({ a: { enum: ['x', 'y'] } }, number),
    method({ a: { enum: ['x'] } }, number),
    ['breaks: run(a) took "y", now takes "x" only'],
  ],
  [
    'a word more',
    method({ a: { enum: ['x'] } }, number),
    method({ a: { enum: ['x', 'y'] } }, number),
    ['fine: run(a) takes "y", too'],
  ],
  [
    'a lower limit',
    method({ a: { ...number, maximum: 10 } }, number),
    method({ a: { ...number, maximum: 5 } }, number),
    ['breaks: run(a) was at most 10, is now at most 5'],
  ],
  [
    'a limit where there was none',
    method({ a: list(string) }, number),
    method({ a: { ...list(string), maxItems: 5 } }, number),
    ['breaks: run(a) was of any length, is now at most 5 items long'],
  ],
  [
    'a limit less',
    method({ a: { ...string, minLength: 1 } }, number),
    method({ a: string }, number),
    ['fine: run(a) was at least 1 character long, is now of any length'],
  ],
  [
    'a field that is required deep inside',
    method({ a: list(object({ b: string }, [])) }, number),
    method({ a: list(object({ b: string })) }, number),
    ['breaks: run(a[].b) was optional, is now required'],
  ],
  [
    'a field that is ignored',
    method({ a: object({ b: string, c: string }) }, number),
    method({ a: object({ b: string }) }, number),
    ['breaks: run(a.c) was read, is now ignored'],
  ],
  [
    'a field that is new',
    method({ a: object({ b: string }) }, number),
    method({ a: object({ b: string, c: string }, ['b']) }, number),
    ['fine: run(a.c) was ignored, is now read'],
  ],
  [
    'a pattern in place of another',
    method({ a: { ...string, pattern: '^a' } }, number),
    method({ a: { ...string, pattern: '^(a)' } }, number),
    ['may break: run(a) was text that matches ^a, is now text that matches ^(a)'],
  ],
  [
    'other words about a field',
    method({ a: string }, number),
    method({ a: { ...string, description: 'The text.' } }, number),
    ['fine: run(a) is described in other words'],
  ],
  [
    'another way to write the same',
    method({ a: { type: ['string', 'null'] } }, number),
    method({ a: orNull(string) }, number),
    ['fine: run(a) is written in another way and means the same'],
  ],
  [
    'a closed input',
    plain,
    { ...plain, input: { ...plain.input, additionalProperties: false } },
    ['may break: run() was open to other fields, is now closed to them'],
  ],

  [
    'a text that is now bytes',
    method({ a: string }, number),
    method({ a: bytes }, number),
    ['breaks: run(a) was plain JSON, is now of the kind bytes'],
  ],
  [
    'bytes that are now a text',
    method({}, object({ a: bytes })),
    method({}, object({ a: string })),
    ['breaks: run → result.a was of the kind bytes, is now plain JSON'],
  ],
  [
    'bytes as the whole answer',
    method({}, string),
    method({}, bytes),
    [
      'breaks: run → result was answered as text/plain; charset=utf-8, is now answered as application/octet-stream',
      'breaks: run → result was plain JSON, is now of the kind bytes',
    ],
  ],

  [
    'what was anything',
    method({ a: {} }, {}),
    method({ a: number }, number),
    ['breaks: run(a) took anything, now takes number only', 'fine: run → result is now number only'],
  ],

  // What it takes whole.
  [
    'a whole body instead of fields',
    plain,
    whole(string),
    ['breaks: run took a JSON object with its parameters, now takes a whole JSON document'],
  ],
  [
    'another type of the body',
    whole(list(number)),
    whole(list(string)),
    ['breaks: run(body[]) took number, now takes string only'],
  ],
  ['another name for the body', whole(number), { ...whole(number), parameters: [{ name: 'b', isRequired: true }] }, []],
  [
    'a body that may be left out',
    whole(number),
    { ...whole(number), parameters: [{ name: 'a', isRequired: false }] },
    ['fine: run(body) was required, is now optional'],
  ],

  // What it gives.
  [
    'another type of result',
    method({}, number),
    method({}, { type: 'boolean' }),
    ['breaks: run → result may now be true or false; was number'],
  ],
  [
    'null',
    method({}, number),
    method({}, { type: ['number', 'null'] }),
    ['breaks: run → result may now be null; was number'],
  ],
  [
    'never null',
    method({}, { type: ['number', 'null'] }),
    method({}, number),
    ['fine: run → result is never null any more'],
  ],
  [
    'a word more in a result',
    method({}, object({ a: { enum: ['x'] } })),
    method({}, object({ a: { enum: ['x', 'y'] } })),
    ['breaks: run → result.a may now be "y"; was "x"'],
  ],
  [
    'a word less in a result',
    method({}, object({ a: { enum: ['x', 'y'] } })),
    method({}, object({ a: { enum: ['x'] } })),
    ['fine: run → result.a is never "y" any more'],
  ],
  [
    'a field that may be missing',
    method({}, object({ a: string })),
    method({}, object({ a: string }, [])),
    ['breaks: run → result.a was required, is now optional'],
  ],
  [
    'a field that is gone',
    method({}, object({ a: string, b: string })),
    method({}, object({ a: string })),
    ['breaks: run → result.b was given, is now not given'],
  ],
  [
    'a field more',
    method({}, object({ a: string })),
    method({}, object({ a: string, b: string })),
    ['fine: run → result.b was not given, is now given'],
  ],
  [
    'a wider item',
    method({}, list(string), { kind: 'stream' }),
    method({}, list(orNull(string)), { kind: 'stream' }),
    ['breaks: run → item[] may now be null; was string'],
  ],
  [
    'a text that is JSON no more',
    method({}, orNull(string)),
    method({}, string),
    [
      'breaks: run → result was answered as application/json, is now answered as text/plain; charset=utf-8',
      'fine: run → result is never null any more',
    ],
  ],
] as const satisfies readonly (readonly [
  string,
  ContractApi | ContractApi[],
  ContractApi | ContractApi[],
  string[],
])[]) {
  test(`${what}`, () => {
    assert.deepEqual(changes(service(...[before].flat()), service(...[after].flat())), expected);
  });
}

test('what breaks comes first, then what may break', () => {
  const before = service(method({ a: number, 'b?': { ...number, default: 1 } }, number));
  const after = service(method({ a: string, 'b?': { ...number, default: 2 } }, number), named('other'));
  assert.deepEqual(
    compareContracts(before, after).map(({ verdict }) => verdict),
    ['breaks', 'may break', 'fine'],
  );
});

test('another name of the service is fine, since nobody calls by it', () => {
  assert.deepEqual(changes(service(plain), { ...service(plain), name: 'Shop' }), [
    'fine: service was called Demo, is now called Shop',
  ]);
});

test('a parameter is not touched by definitions that it does not lead to', () => {
  const withItem = (item: JsonSchema) => ({
    ...method({ a: { $ref: '#/$defs/A' }, b: { $ref: '#/$defs/Item' } }, number),
    input: {
      ...method({ a: { $ref: '#/$defs/A' }, b: { $ref: '#/$defs/Item' } }, number).input,
      $defs: { A: list({ $ref: '#/$defs/A' }), Item: item },
    },
  });
  assert.deepEqual(changes(service(withItem(string)), service(withItem(number))), [
    'breaks: run(b) took string, now takes number only',
  ]);
});

test('a contract is what callers can tell, and reads back as it was', () => {
  const spec = {
    ...service({ ...plain, description: 'Runs.', isDeprecated: true }),
    description: 'A demo.',
    exportName: 'Demo',
    source: { file: '/home/ada/service.ts', line: 1, column: 1 },
  } as unknown as ServiceSpec;
  const contract = toContract(spec);
  assert.deepEqual(contract, {
    ...service({ ...plain, description: 'Runs.', isDeprecated: true }),
    description: 'A demo.',
  });
  assert.deepEqual(parseContract(JSON.stringify(contract)), contract);
  assert.ok(parseContract(JSON.stringify(spec)), 'what bento schema prints is taken, too');
});

for (const text of [
  '',
  '{}',
  'null',
  '{"name":"Demo"}',
  '{"name":"Demo","apis":[{}]}',
  JSON.stringify(service({ ...plain, kind: 'other' as 'unary' })),
  JSON.stringify(service({ ...plain, parameters: [{ name: 'a' } as ContractApi['parameters'][number]] })),
]) {
  test(`${text.slice(0, 60)} is no contract`, () => assert.equal(parseContract(text), undefined));
}
