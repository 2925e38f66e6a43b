import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileSchema } from '../io/file.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import { createValidatorCompiler } from '../spec/validator.ts';
import { createOutputChecks } from './output.ts';

const compile = createValidatorCompiler();
const check = (schema: JsonSchema, value: unknown, form?: string) =>
  createOutputChecks({ schema }, compile)(form)(value);
const number = { type: 'number' };
const maybe = { type: ['number', 'null'] };

test('a value that fits is the very same value', () => {
  const value = { a: 1, more: [1] };
  assert.equal((check({ type: 'object', properties: { a: number } }, value) as { value: unknown }).value, value);
});

test('nothing is null', () => {
  assert.deepEqual(check({ type: 'null' }, undefined), { value: null });
});

test('NaN and infinities become null where the type allows it, however deep', () => {
  const schema = { type: 'object', properties: { list: { items: { type: 'object', properties: { x: maybe } } } } };
  assert.deepEqual(check(schema, { list: [{ x: Number.NaN }, { x: -Infinity }, { x: 1 }] }), {
    value: { list: [{ x: null }, { x: null }, { x: 1 }] },
  });
});

test('text where bytes are declared is told with its place', () => {
  const bytes = { type: 'string', contentEncoding: 'base64', 'x-io-type': 'bytes' };
  const { error } = check({ type: 'object', properties: { raw: bytes } }, { raw: 'hello' });
  assert.match(String(error?.cause), /: raw must be base64 text: .*, but is "hello"$/);
  assert.deepEqual(check({ type: 'object', properties: { raw: bytes } }, { raw: Uint8Array.of(1) }), {
    value: { raw: 'AQ==' },
  });
});

test('bytes stay bytes unless they are answered as JSON', () => {
  const bytes = { type: 'string', contentEncoding: 'base64', 'x-io-type': 'bytes' };
  const value = Uint8Array.of(1);
  assert.deepEqual([check(bytes, value), check(bytes, value, 'json')], [{ value }, { value: 'AQ==' }]);
  assert.throws(() => check(bytes, value, 'text'), /there is no answer in the form text/);
});

test('files may lie on disk where they are answered as they are, alone or in a form', () => {
  const files = { type: 'array', items: fileSchema('file') };
  const onDisk = (schema: JsonSchema, form?: string) => createOutputChecks({ schema }, compile)(form).onDisk;
  assert.deepEqual([onDisk(files.items), onDisk(files, 'form')], [['file'], ['file', 'blob', 'image']]);
  assert.deepEqual([onDisk(files.items, 'json'), onDisk(files)], [[], []]);
});

test('NaN where the type allows no null is told as NaN', () => {
  const { error } = check({ items: number }, [1, Number.NaN]);
  assert.equal(
    String(error?.cause),
    'TypeError: the result does not fit its declared type: [1] must be number, but is NaN',
  );
});

test('a caller hears that the value is wrong, and nothing of it', () => {
  const { error } = check(number, 'secret');
  assert.deepEqual([error?.code, error?.detail], ['OUTPUT_INVALID', []]);
  assert.doesNotMatch(error?.message ?? '', /secret/);
});

test('bytes are not taken for objects with numbers', () => {
  const bytes = Float32Array.of(Number.NaN);
  assert.ok(check({ type: 'array' }, bytes).error);
});

const round = () => {
  const value: Record<string, unknown> = { name: 'x' };
  value.next = value;
  return value;
};
const tree = {
  $ref: '#/$defs/Tree',
  $defs: { Tree: { type: 'object', properties: { next: { $ref: '#/$defs/Tree' } } } },
};

for (const [what, schema, value] of [
  ['holds itself where its type recurs', tree, round()],
  ['holds itself and does not fit', { type: 'object', properties: { name: number } }, round()],
] as const) {
  test(`a value that ${what} is an invalid output and does not end the gateway`, () => {
    assert.equal(check(schema, value).error?.code, 'OUTPUT_INVALID');
  });
}
