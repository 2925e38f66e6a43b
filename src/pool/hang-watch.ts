/** Watches a worker for calls that it does not get done with. */
import type { EndCause } from './exit-reason.ts';
import { type CallLimits, decideHang } from './hang-policy.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface HangWatchDeps {
  readonly limits: CallLimits;
  now(): number;
  /** The worker has been asked for a sign of life: what it got now might wait in vain. */
  onSuspect(worker: WorkerHandle): void;
  /** It has given one. */
  onCleared(worker: WorkerHandle): void;
  /** A call of it goes on and on: it is to leave. */
  dismiss(worker: WorkerHandle, cause: EndCause): void;
}

/** Watches until the worker has ended; costs nothing while all its calls end in time. */
export function watchForHang(worker: WorkerHandle, deps: HangWatchDeps): void {
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  let askedAtMs: number | undefined;
  let answeredAtMs: number | undefined;
  let isOver = false;

  const ask = async () => {
    askedAtMs = deps.now();
    deps.onSuspect(worker);
    await worker.ping();
    askedAtMs = undefined;
    answeredAtMs = deps.now();
    if (isOver) return;
    deps.onCleared(worker);
    look();
  };

  const look = () => {
    clearTimeout(timer);
    if (isOver) return;
    const nowMs = deps.now();
    const decision = decideHang({ abandoned: worker.abandoned, askedAtMs, answeredAtMs }, deps.limits, nowMs);
    if (decision.kind === 'wait') {
      // Heard first is what has arrived meanwhile: this process may have been held up itself.
      const soon = () => {
        turn = setImmediate(look);
      };
      if (Number.isFinite(decision.untilMs)) timer = setTimeout(soon, decision.untilMs - nowMs);
      return;
    }
    if (decision.kind === 'ask') {
      void ask();
      return look();
    }
    isOver = true;
    if (decision.kind === 'kill') worker.kill(decision.cause);
    else deps.dismiss(worker, decision.cause);
  };

  worker.onAbandoned(look);
  void worker.ended.then(() => {
    isOver = true;
    clearTimeout(timer);
    clearImmediate(turn);
  });
}
