/** Sends load at a steady rate from a process of its own, and reads what came of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GeneratorMessage, LoadOrder, LoadResult } from './generator.ts';

/** A load; what is left out is POST `/work` with an empty object, 100 times within a second, on up to 512 connections. */
export type Load = Partial<LoadOrder> & { readonly url: string };

/**
 * Sends a load; resolves when each request has been answered or cut.
 * @param onAllDue is told when the last one was due.
 */
export async function sendLoad(load: Load, onAllDue: () => void = () => {}): Promise<LoadResult> {
  const child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)), { serialization: 'advanced' });
  try {
    const what = { method: 'POST', path: '/work', body: '{}', headers: {} };
    const howMuch = { requestsPerSecond: 100, forMs: 1000, mostConnections: 512 };
    child.send({ ...what, ...howMuch, ...load });
    for await (const [message] of on(child, 'message', { close: ['exit'] }) as AsyncIterable<[GeneratorMessage]>) {
      if (message !== 'all due') return message;
      onAllDue();
    }
    throw new Error('the generator ended without a result');
  } finally {
    await endNow(child);
  }
}

/** Ends a process, if it has not ended. */
export async function endNow(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** From when a request was due until it was answered. */
export function sinceDueMs({ lateMs, tookMs }: LoadResult, at: number): number {
  return (lateMs[at] as number) + (tookMs[at] as number);
}

/** The requests, by number, that were answered 200 within that time from when they were due. */
export function goodOnes(result: LoadResult, withinMs: number): number[] {
  return [...result.status.keys()].filter((at) => result.status[at] === 200 && sinceDueMs(result, at) <= withinMs);
}

/** Good answers a second, over the time until the last of them. */
export function goodPerSecond(
  result: LoadResult,
  {
    requestsPerSecond,
    forMs,
    withinMs,
  }: Pick<LoadOrder, 'requestsPerSecond' | 'forMs'> & { readonly withinMs: number },
): number {
  const good = goodOnes(result, withinMs);
  const endsMs = good.map((at) => (at * 1000) / requestsPerSecond + sinceDueMs(result, at));
  return (good.length * 1000) / Math.max(forMs, ...endsMs.slice(-1000));
}

const recoveredWithinMs = 60_000;

/** Milliseconds from now until a lone POST is answered 200 within that time. */
export async function timeToRecover(url: string, body: string, withinMs: number): Promise<number> {
  const begunMs = performance.now();
  const headers = { 'content-type': 'application/json' };
  for (;;) {
    const askedMs = performance.now();
    const response = await fetch(url, { method: 'POST', body, headers });
    await response.body?.cancel();
    const now = performance.now();
    if (response.ok && now - askedMs <= withinMs) return now - begunMs;
    if (now - begunMs > recoveredWithinMs) throw new Error(`${url} did not recover in ${recoveredWithinMs} ms`);
  }
}
