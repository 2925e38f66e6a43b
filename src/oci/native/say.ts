/** Says what our own builder does: a line for each step that took its time. */
import { printSize } from '../../observe/print-size.ts';
import type { TransferSum } from '../../outbound/sum-transfers.ts';
import type { ImageProgress, ImageRequest } from '../builder.ts';
import type { FoundLayer } from './kept-layers.ts';

/** Writes a line to where builders write. */
export function say({ progress, onOutput }: ImageRequest, line: string): void {
  if (progress === 'quiet') return;
  if (onOutput) onOutput(`${line}\n`);
  else process.stderr.write(`${line}\n`);
}

/** Starts a clock, which gives for example `in 3.2 s`. */
export function startClock(): () => string {
  const startedMs = performance.now();
  return () => `in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

/** For example `layer bentots: 4.10 MiB in 0.9 s`. */
export function describeLayer({ layer, isKept }: Pick<FoundLayer<unknown>, 'layer' | 'isKept'>, took: string): string {
  return `layer ${layer.title}: ${printSize(layer.descriptor.size)} ${isKept ? 'kept from before' : took}`;
}

export function toProgress(what: string, { bytes, totalBytes, done, all }: TransferSum): ImageProgress {
  return { what, bytes, totalBytes, detail: `${done} of ${all} parts` };
}
