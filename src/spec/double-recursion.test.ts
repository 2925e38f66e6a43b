import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceError } from '../errors.ts';
import { discriminate } from './discriminate.ts';
import { findDoubleRecursion } from './double-recursion.ts';
import { createValidatorCompiler } from './validator.ts';

const tree = { $ref: '#/$defs/Tree' };
const number = { type: 'number' };
const object = (properties: object, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const document = (members: readonly object[]) => ({ ...object({ tree }), $defs: { Tree: { anyOf: members } } });

test('a union of two members that share a recursive property is found, by what they share', () => {
  const found = findDoubleRecursion(document([object({ left: tree, a: number }), object({ left: tree, b: number })]));
  assert.deepEqual(found, { definition: 'Tree', through: '"left"' });
});

test('members that are recursive through other properties each check their own, and are fine', () => {
  assert.equal(findDoubleRecursion(document([object({ left: tree }), object({ right: tree }), number])), undefined);
});

test('two kinds of arrays of itself are found', () => {
  const list = { type: 'array', items: tree };
  const pair = { type: 'array', prefixItems: [tree, tree] };
  assert.deepEqual(findDoubleRecursion(document([list, pair])), { definition: 'Tree', through: 'its items' });
  const json = [{ type: 'string' }, list, { type: 'object', additionalProperties: tree }];
  assert.equal(findDoubleRecursion(document(json)), undefined, 'what any JSON value is');
});

test('two kinds of objects with itself under any key are found', () => {
  const named = { type: 'object', additionalProperties: tree };
  const numbered = object({ a: number });
  const both = [named, { ...numbered, patternProperties: { '^[0-9]+$': tree } }];
  assert.deepEqual(findDoubleRecursion(document(both)), { definition: 'Tree', through: 'any of its properties' });
});

test('a way back through other definitions is found', () => {
  const schema = {
    ...object({ tree }),
    $defs: {
      Tree: { anyOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/B' }] },
      A: object({ next: { $ref: '#/$defs/Box' } }),
      B: object({ next: { $ref: '#/$defs/Box' }, more: number }),
      Box: object({ content: tree }),
    },
  };
  assert.deepEqual(findDoubleRecursion(schema), { definition: 'Tree', through: '"next"' });
});

test('a union without an end in sight is refused with the remedy; with a word of its own in each member it is checked', () => {
  const untagged = document([object({ left: tree, a: number }), object({ left: tree, b: number })]);
  assert.throws(
    () => discriminate(untagged),
    (error) =>
      isServiceError(error, 'TYPE_UNSUPPORTED') && /union in Tree .*through "left".*kind: 'leaf'/.test(error.message),
  );
  const tagged = (kind: string) => object({ kind: { const: kind }, left: tree }, ['kind']);
  const validator = createValidatorCompiler()(document([tagged('a'), tagged('b')]));
  let value: object = { kind: 'c' };
  for (let level = 0; level < 90; level++) value = { kind: level % 2 === 0 ? 'a' : 'b', left: value };
  assert.equal(validator.fits({ tree: value }), false, 'in time: 2^90 checks would never end');
});
