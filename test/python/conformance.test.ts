/** Every row of the wire's checklist, asked of bentots and of BentoML for Python side by side. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { createNote } from '../start.ts';
import { answerCases } from './conformance/answer-cases.ts';
import { builtinCases } from './conformance/builtin-cases.ts';
import type { Case, Facets } from './conformance/case.ts';
import { clientCases, prefixCase } from './conformance/client-cases.ts';
import { isNamed, readDeviations } from './conformance/deviations.ts';
import { discoveryCases } from './conformance/discovery-cases.ts';
import { errorCases } from './conformance/error-cases.ts';
import { fileCases } from './conformance/file-cases.ts';
import { jsonCases } from './conformance/json-cases.ts';
import { liveCases } from './conformance/live-cases.ts';
import { loadPythonCases } from './conformance/python-cases.ts';
import { type ServiceName, startOurs, startTheirs } from './conformance/servers.ts';
import { wholeBodyCases } from './conformance/whole-body-cases.ts';

const rowsOfTheChecklist = 99;
const cases: readonly Case[] = [
  ...builtinCases,
  ...discoveryCases,
  ...jsonCases,
  ...fileCases,
  ...wholeBodyCases,
  ...answerCases,
  ...errorCases,
  ...liveCases,
  ...clientCases,
  prefixCase,
  ...(await loadPythonCases()),
];
const { deviations, open } = readDeviations();
const results: { readonly id: string; readonly what: string; readonly result: string }[] = [];
const differences: (readonly [id: string, facet: string])[] = [];

/** The names of what differs. */
function compare(theirs: Facets, ours: Facets): readonly string[] {
  const names = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return [...names].filter((name) => JSON.stringify(theirs[name]) !== JSON.stringify(ours[name]));
}

const illness = createNote();
after(() => illness[Symbol.dispose]());
rmSync(illness.path);
process.env.CONFORMANCE_ILL = illness.path;

for (const name of ['Conformance', 'Narrow', 'Ill', 'Pair', 'Prefixed'] as const satisfies readonly ServiceName[]) {
  test(`${name} answers as in the reference, or as decided`, async (parent) => {
    await using theirs = await startTheirs(name);
    await using ours = await startOurs(name);
    for (const { id, what, service, known, run } of cases) {
      if (service !== name) continue;
      await parent.test(`${id}: ${what}`, async () => {
        const result = { id, what, result: 'FAILED' };
        results.push(result);
        const [seen, seenHere] = await Promise.all([run(theirs), run(ours)]);
        assert.deepEqual({ ...seen, ...known }, seen, 'the reference does not answer what the case is about');
        const differing = compare(seen, seenHere);
        differences.push(...differing.map((facet) => [id, facet] as const));
        const isListed = (facet: string) => deviations.some((one) => one.facet === facet && isNamed(one.name, id));
        const unlisted = differing.filter((facet) => !isListed(facet));
        const pick = (facets: Facets) => Object.fromEntries(unlisted.map((facet) => [facet, facets[facet]]));
        assert.deepEqual(pick(seenHere), pick(seen), 'ours differs from the reference, and no decision lists it');
        result.result = differing.length === 0 ? 'pass' : `differs as decided: ${differing.join(', ')}`;
      });
    }
  });
}

test('every row of the checklist has a case, or is listed as one that has none yet', () => {
  const rows = Array.from({ length: rowsOfTheChecklist }, (_, at) => at + 1);
  const without = rows.filter((row) => !cases.some(({ id }) => isNamed(String(row), id)));
  assert.deepEqual(without, open);
});

test('what is listed as different is different', () => {
  const stale = deviations.filter(
    ({ name, facet }) => !differences.some(([id, seen]) => seen === facet && isNamed(name, id)),
  );
  assert.deepEqual(stale, []);
});

after(() => {
  const inOrder = results.toSorted((one, other) => Number.parseFloat(one.id) - Number.parseFloat(other.id));
  for (const { id, what, result } of inOrder) console.log(`${id.padEnd(26)} ${result.padEnd(50)} ${what}`);
  const count = (fits: (result: string) => boolean) => results.filter(({ result }) => fits(result)).length;
  const differing = count((result) => result.startsWith('differs'));
  console.log(
    `${count((result) => result === 'pass')} pass, ${differing} differ as decided, ${count((result) => result === 'FAILED')} failed`,
  );
});
