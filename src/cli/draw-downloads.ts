/** Draws how downloads go on, on standard error. */
import type { TransferProgress } from './progress-bar.ts';

/** What draws is loaded with the first that there is to draw. */
export function drawDownloads(): (progress: TransferProgress) => void {
  let bar: Promise<(progress: TransferProgress) => void> | undefined;
  return (progress) => {
    bar ??= import('./progress-bar.ts').then(({ createProgressBar }) => createProgressBar(process.stderr));
    void bar.then((draw) => draw(progress));
  };
}
