import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './parse-json.ts';

const parse = (text: string, depthLimit = 100) => parseJson(new TextEncoder().encode(text), depthLimit);
const refused = (text: string, message: RegExp, depthLimit = 100) =>
  assert.throws(() => parse(text, depthLimit), { code: 'MALFORMED_BODY', message });

test('a body nested exactly as deep as the limit is read, one level more is refused', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.ok(Array.isArray(parse(nested(5), 5)));
  refused(nested(6), /nested deeper than 5 levels/, 5);
});

test('depth is that of the deepest place, not the number of brackets', () => {
  assert.deepEqual(parse('[[],[],{"a":[]},[]]', 3), [[], [], { a: [] }, []]);
  refused('[[],[],{"a":[[]]}]', /nested deeper than 3/, 3);
});

test('depth is found in any JSON, with many brackets for its length and with few', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  const property = fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, isSparse) => {
    const padded = isSparse ? ['x'.repeat(20_000), value] : [value];
    const depth = depthOf(padded);
    assert.deepEqual(parse(JSON.stringify(padded), depth), JSON.parse(JSON.stringify(padded)));
    refused(JSON.stringify(padded), new RegExp(`nested deeper than ${depth - 1} levels`), depth - 1);
  });
  fc.assert(property, {
    seed: 1,
    examples: [
      [[[[]]], true],
      [{ a: { b: { c: '}{' } } }, true],
    ],
  });
});

for (const text of ['[[', '{{[[', '\\"[[[', '\\\\', '[[\\\\\\"[[', ']]]]', '{"a":[[[[']) {
  const written = JSON.stringify({ text });
  test(`what stands inside a string is no depth: ${written}`, () => {
    assert.deepEqual(parse(written, 1), { text });
  });
}

test('a string that ends in a backslash ends at its quote: what follows counts again', () => {
  refused(String.raw`["\\",[[]]]`, /nested deeper than 2/, 2);
  assert.deepEqual(parse(String.raw`["\\\"[[[",[]]`, 2), ['\\"[[[', []]);
});

test('a string without an end is a syntax error, however many brackets it has', () => {
  refused(`["${'['.repeat(200)}`, /not valid JSON/, 3);
});

for (const text of ['', '{', '{"a":1,}', "{'a':1}", 'NaN', 'Infinity', '01', '[1] x', '"\t"', 'undefined']) {
  test(`${JSON.stringify(text)} is no JSON`, () => refused(text, /^the body is not valid JSON: /));
}

test('what JSON.parse says about a long body is cut', () => {
  assert.throws(
    () => parse('x'.repeat(100_000)),
    (error: Error) => error.message.length < 300,
  );
});

test('of two equal keys the last holds', () => {
  assert.deepEqual(parse('{"a":1,"a":2}'), { a: 2 });
});

test('a byte order mark before the body is left out', () => {
  assert.deepEqual(parse('\uFEFF{"a":1}'), { a: 1 });
});

for (const [what, bytes] of [
  ['a byte that never occurs', [0x22, 0xff, 0x22]],
  ['a character cut off', [0x22, 0xe2, 0x82, 0x22]],
  ['a character written too long', [0x22, 0xc0, 0xaf, 0x22]],
  ['half of a surrogate pair as bytes', [0x22, 0xed, 0xa0, 0x80, 0x22]],
] as const) {
  test(`${what} is no UTF-8`, () => {
    assert.throws(() => parseJson(Uint8Array.from(bytes), 100), {
      code: 'MALFORMED_BODY',
      message: 'the body is not valid UTF-8',
    });
  });
}

test('a body that is no UTF-8 does not disturb the next one', () => {
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xe2), 100));
  assert.equal(parse('"fine"'), 'fine');
});

for (const key of [
  '__proto__',
  String.raw`\u005f\u005fproto\u005f\u005f`,
  String.raw`\u005F_proto_\u005f`,
  String.raw`__\u0070roto__`,
  String.raw`\u005f\u005f\u0070\u0072\u006f\u0074\u006f\u005f\u005f`,
]) {
  for (const body of [`{"${key}":{"a":1}}`, `[{"b":{"${key}" : 1}}]`, `{"${key}"\n\t:null}`]) {
    test(`${body} is refused for its key`, () => refused(body, /the key "__proto__"/));
  }
}

test('a constructor with a prototype is refused, also when it is escaped', () => {
  refused('{"constructor":{"prototype":{"a":1}}}', /"constructor" with a "prototype"/);
  refused(String.raw`{"c\u006fnstructor":{"pr\u006ftotype":1}}`, /"constructor" with a "prototype"/);
});

test('a constructor without a prototype, and "__proto__" as a value, are plain data', () => {
  assert.deepEqual(parse('{"constructor":"Bob the builder"}'), { constructor: 'Bob the builder' });
  assert.deepEqual(parse('["__proto__","{\\"__proto__\\":1}"]'), ['__proto__', '{"__proto__":1}']);
});

test('numbers beyond what JavaScript has are read as JSON.parse reads them', () => {
  assert.deepEqual(parse('[1e999,-1e999,1e-999,-0,9007199254740993]'), [Infinity, -Infinity, 0, -0, 9007199254740992]);
});

for (const [body, place] of [
  [String.raw`{"\ud83d":1}`, '/\uFFFD'],
  [String.raw`{"a":{"\udc00x":1}}`, '/a/\uFFFDx'],
  [String.raw`[["x\ud800"]]`, '/0/0'],
  [String.raw`"\uDBFF"`, 'the top'],
  [String.raw`"\ude00\ud83d"`, 'the top'],
] as const) {
  test(`half of a surrogate pair is refused and placed: ${body}`, () => {
    assert.throws(() => parse(body), {
      code: 'MALFORMED_BODY',
      message: `the text at ${place} has half of a surrogate pair, which is no character`,
    });
  });
}

test('a surrogate pair, raw or escaped, and a text that only looks like an escape, are read', () => {
  assert.deepEqual(parse(String.raw`["😀","\ud83d\ude00","\\ud83d"]`), ['😀', '😀', String.raw`\ud83d`]);
});

test('values that are not objects are read: what they must be is for the schema to say', () => {
  for (const text of ['1', 'null', 'true', '"a"', '[]']) assert.deepEqual(parse(text), JSON.parse(text));
});
