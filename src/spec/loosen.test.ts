import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loosen } from './loosen.ts';

const cases: readonly (readonly [what: string, written: object, loose: object])[] = [
  [
    'limits of numbers stay',
    { type: 'integer', minimum: 1, multipleOf: 5 },
    { type: 'integer', minimum: 1, multipleOf: 5 },
  ],
  ['a multiple of a fraction goes', { type: 'number', multipleOf: 0.1 }, { type: 'number' }],
  [
    'what strings must look like goes',
    { type: 'string', pattern: '^(a+)+$', format: 'time', minLength: 2, maxLength: 3, enum: ['ab'] },
    { type: 'string', enum: ['ab'] },
  ],
  [
    'it goes inside, too',
    { type: 'array', items: { properties: { a: { format: 'email' } } }, minItems: 1 },
    { type: 'array', items: { properties: { a: {} } }, minItems: 1 },
  ],
  [
    'a property that is called pattern stays',
    { properties: { pattern: { type: 'string' } } },
    { properties: { pattern: { type: 'string' } } },
  ],
  ['what would refuse more goes', { not: { pattern: 'a' }, if: {}, else: {}, maxContains: 1 }, {}],
  [
    'one of several is any of them',
    { oneOf: [{ type: 'string' }, { format: 'x' }] },
    { anyOf: [{ type: 'string' }, {}] },
  ],
  [
    'an object stays closed, unless patterns say what else it may have',
    { properties: {}, additionalProperties: false },
    { properties: {}, additionalProperties: false },
  ],
  [
    'properties by pattern take what closes the object with them',
    { patternProperties: { '^x': {} }, additionalProperties: false, required: ['a'] },
    { required: ['a'] },
  ],
];

for (const [what, written, loose] of cases) {
  test(`what the gateway checks of an author's schema: ${what}`, () => {
    assert.deepEqual(loosen(written as never), loose);
  });
}
