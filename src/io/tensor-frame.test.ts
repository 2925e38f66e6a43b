import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NamedTensor, printSafetensors } from './safetensors.ts';
import { readTensorFrame, writeTensorFrame } from './tensor-frame.ts';

const limits = { headerLimitBytes: 1024 * 1024, jsonDepthLimit: 8 };

const parcel = (...values: number[]) => [
  /tensor/,
  { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) },
];
const texts = () => [/tensor/, { dtype: 'string', shape: [2], data: ['a', 'b'] }];
const join = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

const cross = (value: unknown, mayBeWhole = false) =>
  readTensorFrame(join(writeTensorFrame(value)), mayBeWhole, limits);

/** A frame as another program may write it. */
function frame(names: readonly string[], document?: unknown): Uint8Array {
  const tensors = names.map((name): NamedTensor => ({ name, dtype: 'float32', shape: [1], data: Float32Array.of(1) }));
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return join(printSafetensors(tensors, document === undefined ? {} : { json: text }));
}

const headerOf = (pieces: readonly Uint8Array[]) =>
  JSON.parse(
    Buffer.from(pieces[0] ?? [])
      .subarray(8)
      .toString(),
  );

for (const [what, value] of [
  ['a field', { a: parcel(1, 2) }],
  ['fields beside JSON', { a: parcel(1), n: 1, text: 'x', b: parcel(2), none: null, list: [1, null] }],
  ['a list', [parcel(1), parcel(2)]],
  ['a list in a field, with others', { all: [parcel(1), 5, { deep: parcel(2) }] }],
  ['fields with odd names', { 'a/b': parcel(1), 'c~d': parcel(2), '~1': parcel(3), '': parcel(4), value: parcel(5) }],
  ['no tensor at all', { a: [1, 2, { b: 'c' }] }],
  ['fields that are called as every object has them', { constructor: parcel(1), toString: { prototype: parcel(2) } }],
] as [string, unknown][]) {
  test(`a value with tensors as ${what} comes back as it was`, () => {
    assert.deepEqual(cross(value), value);
  });
}

test('a tensor that is all there is comes back as it was, under any name', () => {
  assert.deepEqual(cross(parcel(1, 2), true), parcel(1, 2));
  assert.deepEqual(Object.keys(headerOf(writeTensorFrame(parcel(1, 2)))), ['value']);
  assert.deepEqual(readTensorFrame(frame(['logits']), true, limits), parcel(1));
});

test('one tensor is a field where an object is expected', () => {
  assert.deepEqual(readTensorFrame(frame(['value']), false, limits), { value: parcel(1) });
});

test('names say where tensors stand, and a document what is beside them', () => {
  const header = headerOf(writeTensorFrame({ a: { 'b/c': [parcel(1), 7] } }));
  assert.deepEqual(Object.keys(header), ['__metadata__', 'a/b~1c/0']);
  assert.deepEqual(JSON.parse(header.__metadata__.json), { a: { 'b/c': [null, 7] } });
});

test('without a document names make objects', () => {
  assert.deepEqual(readTensorFrame(frame(['a', 'in/mask', 'in/ids']), false, limits), {
    a: parcel(1),
    in: { mask: parcel(1), ids: parcel(1) },
  });
});

test('a document need not have fields for the tensors', () => {
  assert.deepEqual(readTensorFrame(frame(['a'], { n: 1 }), false, limits), { a: parcel(1), n: 1 });
});

test('texts have no word in the format, and stay JSON', () => {
  assert.deepEqual(cross({ words: texts(), a: parcel(1) }), { words: ['a', 'b'], a: parcel(1) });
  assert.deepEqual(cross(texts(), true), ['a', 'b']);
});

test('a field that is called as the metadata are stays JSON', () => {
  assert.deepEqual(cross({ __metadata__: parcel(1.5) }), { __metadata__: [1.5] });
});

for (const [what, body, message] of [
  ['a name with __proto__', frame(['__proto__/a']), /name with "__proto__"/],
  ['a name that ends in __proto__', frame(['a/__proto__'], { a: {} }), /name with "__proto__"/],
  [
    'a name with the prototype of a constructor',
    frame(['constructor/prototype/a']),
    /the "prototype" of a "constructor"/,
  ],
  [
    '__proto__ in the document',
    frame([], '{"__proto__":{"a":1}}'),
    /"json" under "__metadata__" .* has the key "__proto__"/,
  ],
  ['a document that is no JSON', frame([], '{'), /"json" under "__metadata__" of the binary frame is not valid JSON/],
  ['a document too deep', frame([], '[[[[[[[[[]]]]]]]]]'), /is nested deeper than 8 levels/],
  ['a name too deep', frame(['a/b/c/d/e/f/g/h/i']), /is deeper than 8 levels/],
  ['a place that is taken', frame(['a'], { a: 1 }), /"a" of the binary frame stands where there is something else/],
  ['a place that is taken by another tensor', frame(['a/b', 'a']), /stands where there is something else/],
  ['a place in a tensor', frame(['a', 'a/b']), /leads into something that is neither/],
  ['a place in what a tensor is made of', frame(['a', 'a/1/shape']), /leads into something that is neither/],
  ['a place in a text', frame(['a/0'], { a: 'x' }), /leads into something that is neither/],
  ['a place in null', frame(['a/b'], { a: null }), /leads into something that is neither/],
  ['a place beyond an array', frame(['a/1'], { a: [null] }), /leads to no place of its array/],
  ['a place in no way a number', frame(['a/00'], { a: [null] }), /leads to no place of its array/],
  ['a place before an array', frame(['a/-1'], { a: [null] }), /leads to no place of its array/],
  ['the length of an array', frame(['a/length'], { a: [null] }), /stands where there is something else/],
  ['a method of an array', frame(['a/push'], { a: [null] }), /leads to no place of its array/],
  ['a document that is a number', frame(['a'], 5), /leads into something that is neither/],
] as const) {
  test(`a frame with ${what} is refused`, () => {
    assert.throws(() => readTensorFrame(body, false, limits), { code: 'MALFORMED_BODY', message });
  });
}

test('no frame changes what all objects have', () => {
  for (const name of ['__proto__/polluted', 'constructor/prototype/polluted']) {
    assert.throws(() => readTensorFrame(frame([name]), false, limits));
  }
  assert.equal('polluted' in {}, false);
});
