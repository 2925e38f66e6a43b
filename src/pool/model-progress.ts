/** Says in the log how downloads of models go on, now and then. */
import type { LogLevel } from '../observe/log-level.ts';
import type { ModelProgress } from '../sdk/model-ref.ts';

const everyMs = 10_000;

/** Tells of the beginning and the end of each, and every few seconds in between. */
export function logModelProgress(
  log: (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void,
  nowMs: () => number = () => performance.now(),
): (progress: ModelProgress) => void {
  const toldMs = new Map<string, number>();
  return ({ what, bytes, totalBytes }) => {
    const isOver = bytes >= totalBytes;
    if (!isOver && nowMs() - (toldMs.get(what) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    toldMs.set(what, nowMs());
    const percent = Math.floor((100 * bytes) / Math.max(1, totalBytes));
    const message = isOver ? `fetched the model ${what}` : `fetching the model ${what}: ${percent} %`;
    log('info', message, { bytes, totalBytes });
  };
}
