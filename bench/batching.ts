/** Measures how near to the best possible batches are formed, beside other ways to form them. */
import { describeSimulations, runSimulations } from './batching/simulated.ts';
import type { BenchOptions, BenchReport } from './bench.ts';

export const question = 'How near to the best possible are the batches that are formed?';

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const simulated = runSimulations(isQuick);
  return { text: describeSimulations(simulated), data: { simulated } };
}
