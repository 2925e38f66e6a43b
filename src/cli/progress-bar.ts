/** Draws how transfers go on, in one line of a terminal. */

import { printSize } from '../observe/print-size.ts';
import type { ModelProgress } from '../sdk/model-ref.ts';

const everyMs = 100;
const cells = 24;

/** Where it is drawn. */
interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

/** How one transfer goes on. */
export interface TransferProgress extends ModelProgress {
  /** More about it, for example how many of its parts are there. */
  readonly detail?: string | undefined;
}

/** All downloads together; the line goes away with the last of them. */
export function createProgressBar(
  terminal: Terminal,
  nowMs: () => number = () => performance.now(),
): (progress: TransferProgress) => void {
  const running = new Map<string, TransferProgress>();
  let drawnMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    running.set(progress.what, progress);
    if ([...running.values()].every(({ bytes, totalBytes }) => bytes >= totalBytes)) {
      running.clear();
      drawnMs = Number.NEGATIVE_INFINITY;
      terminal.write('\r\x1b[K');
      return;
    }
    if (nowMs() - drawnMs < everyMs) return;
    drawnMs = nowMs();
    terminal.write(`\r${drawProgress([...running.values()]).slice(0, (terminal.columns ?? 80) - 1)}\x1b[K`);
  };
}

/** For example `████████░░░░░░░░░░░░░░░░ 33 % of 1.50 GiB  org/name`. */
function drawProgress(running: readonly TransferProgress[]): string {
  const sum = (of: 'bytes' | 'totalBytes') => running.reduce((total, one) => total + one[of], 0);
  const share = sum('bytes') / Math.max(1, sum('totalBytes'));
  const full = Math.floor(share * cells);
  const bar = '█'.repeat(full) + '░'.repeat(cells - full);
  const what = running.map(({ what, detail }) => (detail === undefined ? what : `${what} (${detail})`)).join(', ');
  return `${bar} ${Math.floor(share * 100)} % of ${printSize(sum('totalBytes'))}  ${what}`;
}
