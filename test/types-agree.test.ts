/**
 * What TypeScript accepts as a value of a type the server accepts, and the reverse: on types and values that nobody
 * chose, the same on every run. `npm run test:long` tries others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAgreement } from './types-agree/agreement.ts';
import { createCompiler } from './types-agree/compiler.ts';
import { checkConstraints } from './types-agree/constraints.ts';
import { differences } from './types-agree/differences.ts';
import { readTypes } from './types-agree/reflection.ts';

test('a value is accepted exactly where TypeScript accepts it, but for the differences below', async () => {
  const { pairs, accepted } = await checkAgreement(6);
  assert.ok(pairs > 500 && accepted > pairs / 5 && accepted < (pairs * 4) / 5, `${accepted} of ${pairs} were accepted`);
});

test('a tag above a type refuses what it says, and nothing else', async () => {
  assert.ok((await checkConstraints(4, 1)) > 100);
});

const questions = differences.map(({ type, declarations = '', exact }) => ({
  declarations: declarations === '' ? [] : [declarations],
  wanted: type,
  given: [exact],
}));
const answers = createCompiler(false)(questions);
const checks = await readTypes(questions.map(({ declarations, wanted }) => ({ declarations, text: wanted })));

for (const [at, { why, type, body, accepts }] of differences.entries()) {
  test(`only ${accepts} takes ${body} for ${type}: ${why}`, () => {
    const typescript = answers[at]?.[0];
    const bentots = checks[at]?.body(body);
    assert.deepEqual({ typescript, bentots }[accepts === 'TypeScript' ? 'typescript' : 'bentots'], undefined);
    assert.notEqual({ typescript, bentots }[accepts === 'TypeScript' ? 'bentots' : 'typescript'], undefined);
  });
}
