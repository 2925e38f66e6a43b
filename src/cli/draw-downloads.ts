/** Draws how downloads go on, on standard error. */
import type { ModelProgress } from '../sdk/model-ref.ts';

/** What draws is loaded with the first that there is to draw. */
export function drawDownloads(): (progress: ModelProgress) => void {
  let bar: Promise<(progress: ModelProgress) => void> | undefined;
  return (progress) => {
    bar ??= import('./progress-bar.ts').then(({ createProgressBar }) => createProgressBar(process.stderr));
    void bar.then((draw) => draw(progress));
  };
}
