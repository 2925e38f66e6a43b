import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileSchema } from '../io/file.ts';
import { tensorSchema } from '../io/tensor-type.ts';
import { toArguments, toRoute } from '../pool/route.ts';
import type { ApiSpec, JsonSchema } from './service-spec.ts';
import { createValidatorCompiler } from './validator.ts';

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const filePart = () => [/file/, { content: png, type: 'image/png', name: 'a.png' }];
const tensorPart = (shape: readonly number[], dtype = 'float32') => [
  /tensor/,
  { dtype, shape, data: new Float32Array(shape.reduce((size, length) => size * length, 1)) },
];

/** The arguments that come of a body with parcels in it, for a method with these parameters. */
function read(properties: Readonly<Record<string, JsonSchema>>, value: unknown): unknown[] {
  const parameters = Object.keys(properties).map((name) => ({ name, isRequired: true }));
  const input = { type: 'object', properties, required: Object.keys(properties) };
  const api = { body: 'fields', parameters, input } as unknown as ApiSpec;
  return toArguments(toRoute(api, createValidatorCompiler()), { value, hasParcels: true }, true);
}

const files = { type: 'array', items: fileSchema('file') };

test('a ready file stands where one is declared, also in a list, in a union and in an object', () => {
  const union = { anyOf: [{ type: 'null' }, fileSchema('file')] };
  const object = { type: 'object', properties: { inner: fileSchema('blob') } };
  const [list, one, outer] = read(
    { list: files, one: union, outer: object },
    { list: [filePart(), filePart()], one: filePart(), outer: { inner: filePart() } },
  ) as [unknown[], unknown, { inner: [RegExp, unknown] }];
  assert.deepEqual([list, one], [[filePart(), filePart()], filePart()]);
  assert.equal(outer.inner[0].source, 'blob', 'it is of the declared kind from then on');
});

test('JSON stands beside ready values, and is read as ever', () => {
  const [given] = read({ list: files }, { list: [filePart(), { data: 'aGk=', name: 'b' }] }) as [[unknown, unknown[]]];
  assert.deepEqual(given[1][1], { content: new Uint8Array([0x68, 0x69]), type: 'application/octet-stream', name: 'b' });
});

test('a ready file is a picture only if its bytes are', () => {
  const picture = fileSchema('image');
  assert.deepEqual(read({ a: picture }, { a: filePart() }), [
    [/image/, { content: png, type: 'image/png', name: 'a.png' }],
  ]);
  const text = [/file/, { content: new Uint8Array([1, 2]), type: 'image/png', name: 'a.png' }];
  assert.throws(() => read({ a: picture }, { a: text }), { code: 'INVALID_INPUT', message: /a must be a picture/ });
});

test('a ready tensor has the declared dtype and shape, and a named size is one in the whole call', () => {
  const rows = tensorSchema('float32', ['n', 2], false);
  assert.equal(read({ a: rows, b: rows }, { a: tensorPart([3, 2]), b: tensorPart([3, 2]) }).length, 2);
  const refused = (a: unknown, message: RegExp) =>
    assert.throws(() => read({ a: rows, b: rows }, { a, b: tensorPart([3, 2]) }), { code: 'INVALID_INPUT', message });
  refused(tensorPart([3, 2], 'int32'), /a must be a tensor of float32, but is one of int32/);
  refused(tensorPart([3, 4]), /a must have the shape \[n, 2\], but has \[3, 4\]/);
  refused(tensorPart([6]), /a must have the shape \[n, 2\], but has \[6\]/);
  refused(tensorPart([4, 2]), /has 3 in its dimension "n", which is 4 elsewhere/);
});

test('a ready value is refused where another kind is declared', () => {
  const wrong = { code: 'INVALID_INPUT' };
  assert.throws(() => read({ a: { type: 'string' } }, { a: filePart() }), wrong);
  assert.throws(() => read({ a: fileSchema('file') }, { a: tensorPart([1]) }), wrong);
  assert.throws(() => read({ a: tensorSchema('float32', undefined, false) }, { a: filePart() }), wrong);
});

test('JSON cannot say a parcel', () => {
  const forged = JSON.parse(JSON.stringify(filePart()));
  assert.throws(() => read({ a: fileSchema('file') }, { a: forged }), { code: 'INVALID_INPUT' });
});
