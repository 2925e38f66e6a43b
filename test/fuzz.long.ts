/** Bodies that nobody chose: `npm run test:long`; BENTOTS_BODIES says how many, BENTOTS_SEED which. */
import { test } from 'node:test';
import { throwBodies } from './throw-bodies.ts';

const count = Number(process.env.BENTOTS_BODIES ?? 10_000);
const seed = Number(process.env.BENTOTS_SEED ?? Date.now() % 2 ** 31);

test('whatever a body says, the answer is one of those that the documents name, and nothing is left behind', async (t) => {
  const statuses = await throwBodies(count, seed);
  t.diagnostic(`seed ${seed}: ${[...statuses].map(([status, times]) => `${times} × ${status}`).join(', ')}`);
});
