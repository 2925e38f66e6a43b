/** The same as types-agree.test.ts on many thousand pairs, others each time: `npm run test:long`. */
import { test } from 'node:test';
import { checkAgreement } from './types-agree/agreement.ts';
import { checkConstraints } from './types-agree/constraints.ts';

const wantedPairs = 25_000;
const first = Number(process.env.BENTOTS_SEED ?? Date.now() % 1_000_000_000); // said at the end, and by what fails

test('TypeScript and the server agree on many types and values', async (context) => {
  const begunMs = performance.now();
  const sum = { types: 0, pairs: 0, accepted: 0 };
  let seed = first;
  for (; sum.pairs < wantedPairs; seed += 1) {
    const { types, pairs, accepted } = await checkAgreement(seed);
    sum.types += types;
    sum.pairs += pairs;
    sum.accepted += accepted;
  }
  const seconds = (performance.now() - begunMs) / 1000;
  context.diagnostic(
    `${sum.pairs} pairs of ${sum.types} types, ${sum.accepted} of them accepted, seeds ${first} to ${seed - 1}, ` +
      `${(sum.pairs / seconds).toFixed(0)} pairs a second`,
  );
});

test('tags refuse what they say on many values', async (context) => {
  const pairs = await checkConstraints(first, 30);
  context.diagnostic(`${pairs} values, seed ${first}`);
});
