/** How long a call may wait, together with everything else that can end it early, as one signal. */
import { CallError } from './call-error.ts';
import type { Clock } from './clock.ts';

/** How much longer than the server we wait, in milliseconds, so that its own 504 with a request id wins the race. */
const graceMs = 250;

/** The waiting time of one call; its clock runs from the start. */
export interface Deadline {
  /** Aborts with a `CallError`: `TIMEOUT` or `CANCELLED`. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left, never below 0. */
  remainingMs(): number;
  /** Stops the clock: what the caller does with an item is not waiting time. */
  pause(): void;
  /** Lets the clock go on with what is left. */
  resume(): void;
  /** Lets the clock go on with the full time, or with another; with 0, only the time of grace is left. */
  restart(ms?: number): void;
  /** Aborts, since nobody wants the rest. */
  cancel(): void;
  /** Aborts with what a caller's own code has thrown. */
  fail(error: unknown): void;
  /** Calls back once, when the call is over, however it ended; if it was aborted, after that. */
  whenOver(callback: () => void): void;
  /** Lets go of the timer and the caller's signals, since the call is over. */
  dispose(): void;
}

/** Whose waiting it is, for messages. */
interface Waiter {
  readonly method: string;
  readonly url: string;
}

/** Starts to wait. */
export function createDeadline(
  clock: Clock,
  waiter: Waiter,
  timeoutMs: number,
  signals: readonly AbortSignal[],
): Deadline {
  const { method, url } = waiter;
  const controller = new AbortController();
  let leftMs = timeoutMs;
  let startedMs: number | undefined;
  let stopTimer = () => {};
  let onOver = () => {};

  const remainingMs = () => Math.max(0, leftMs - (startedMs === undefined ? 0 : clock.nowMs() - startedMs));
  const pause = () => {
    stopTimer();
    leftMs = remainingMs();
    startedMs = undefined;
  };
  const resume = () => {
    pause();
    if (controller.signal.aborted) return;
    startedMs = clock.nowMs();
    stopTimer = clock.after(leftMs + graceMs, () =>
      abort(new CallError(`${method}: nothing came from ${url} for ${timeoutMs} ms`, { code: 'TIMEOUT', url })),
    );
  };
  const letGo = () => {
    pause();
    for (const signal of signals) signal.removeEventListener('abort', leave);
  };
  const over = () => {
    onOver();
    onOver = () => {};
  };
  const dispose = () => {
    letGo();
    over();
  };
  const abort = (error: unknown) => {
    letGo();
    controller.abort(error);
    over();
  };
  const cancel = (cause?: unknown) =>
    abort(new CallError(`${method}: the call to ${url} was cancelled`, { code: 'CANCELLED', url, cause }));
  const leave = (event: Event) => cancel((event.target as AbortSignal).reason); // registered on signals only

  resume();
  for (const signal of signals) signal.addEventListener('abort', leave, { once: true });
  const gone = signals.find((signal) => signal.aborted);
  if (gone) cancel(gone.reason);
  return {
    signal: controller.signal,
    remainingMs,
    pause,
    resume,
    restart(ms = timeoutMs) {
      pause();
      leftMs = ms;
      resume();
    },
    cancel: () => cancel(),
    fail: abort,
    whenOver(callback) {
      onOver = callback;
    },
    dispose,
  };
}
