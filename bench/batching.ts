/** Measures how near to the best possible batches are formed, beside other ways to form them. */
import { resolve } from 'node:path';
import { describeLive, runLive } from './batching/live.ts';
import { describeSimulations, runSimulations } from './batching/simulated.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { ensureBuilt } from './built-output.ts';

export const question = 'How near to the best possible are the batches that are formed?';

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const simulated = runSimulations(isQuick);
  ensureBuilt(resolve(import.meta.dirname, '..'));
  const live = await runLive(isQuick);
  return { text: `${describeSimulations(simulated)}\n\n${describeLive(live)}`, data: { simulated, live } };
}
