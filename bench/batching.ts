/** Measures how near to the best possible batches are formed, beside other ways to form them. */
import { describeLive, type Live, runLive } from './batching/live.ts';
import { describeMarks, toMarks } from './batching/marks.ts';
import { describeSentences, runSentences, type Sentences } from './batching/sentences.ts';
import { describeSimulations, runSimulations } from './batching/simulated.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { watchInterruption } from './interruption.ts';
import { ensureEnvironment } from './peers/peer.ts';

export const question = 'How near to the best possible are the batches that are formed?';

/** Runs the bench. */
export async function run({ isQuick, keep }: BenchOptions): Promise<BenchReport> {
  ensureEnvironment(); // without peers there is no comparison, and nothing else is worth minutes
  const simulated = runSimulations(isQuick);
  using interruption = watchInterruption();
  const { signal } = interruption;
  const toReport = (live?: Live, sentences?: Sentences): BenchReport => {
    const marks = toMarks(simulated, live, sentences);
    const parts = [
      describeMarks(marks),
      ...(live ? [describeLive(live)] : []),
      ...(sentences ? [describeSentences(sentences)] : []),
      describeSimulations(simulated),
    ];
    return { text: parts.join('\n\n'), data: { marks, simulated, live, sentences } };
  };
  keep(toReport());
  const live = await runLive(isQuick, signal, (part) => keep(toReport(part)));
  keep(toReport(live));
  const sentences = await runSentences(isQuick, signal);
  return toReport(live, sentences);
}
