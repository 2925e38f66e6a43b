/** Holds the generations that serve, and puts another one in the place of one without a request noticing. */
import { ServiceError } from '../errors.ts';
import type { Generation } from '../pool/generation.ts';
import { unlessAborted } from '../pool/unless-aborted.ts';

/** The generations of one server: never more than two of them are alive, and while they roll one worker more than are asked for. */
export interface Generations {
  /** The one that serves, or, while another one takes over, the older; undefined until the first is ready. */
  readonly current: Generation | undefined;
  /** When that one took over. */
  readonly since: Date | undefined;
  /** All that are alive, the one that serves first. */
  readonly all: readonly { readonly generation: Generation; readonly phase: Phase }[];
  /** Whether every worker that there is to be now can take calls. */
  readonly isReady: boolean;
  /** Whether one that was replaced still has requests: the next start waits for it. */
  readonly isDraining: boolean;
  /** The one for a request with that path. While one takes over, calls are divided as the workers are. */
  choose(path: string): Generation | undefined;
  /**
   * Starts another one. Where it rolls, as each of its workers becomes ready, one of those before finishes its calls and ends, until the
   * new generation has them all. Fails if one of its workers does not get ready, and then the generation before goes on
   * with as many workers as it had. While this is under way one more is queued, and whoever asks in the meantime shares it.
   *
   * @param how `at once` gives up a start that is under way: those who wait for it get what the next one brings.
   */
  replace(how?: 'in turn' | 'at once'): Promise<Generation>;
  /** Tells how a start goes on, until the function that it gives is called. */
  watch(listener: (step: StartStep) => void): () => void;
  /** Gives up a start that is under way, lets requests finish, ends every worker. */
  stop(graceMs: number): Promise<void>;
  /** Ends every worker at once. */
  kill(): void;
}

/** Where in its life a generation is. */
export type Phase = 'serving' | 'taking over' | 'draining';

/** A step of a start. */
export type StartStep =
  /** It begins when an older generation has finished its requests. */
  | { readonly kind: 'waiting' }
  /** So many workers of the new generation can take calls. */
  | { readonly kind: 'progress'; readonly ready: number; readonly of: number };

interface GenerationsDeps {
  /** Whether workers are replaced one by one; otherwise a new generation has all of its own before it takes over. */
  readonly rolls: boolean;
  start(signal: AbortSignal, startsWith: 'all' | 'one'): Promise<Generation>;
  /** Told how each replacement went, unless it was given up. */
  onReplaced(outcome: 'ok' | 'failed'): void;
}

/** Creates the holder; nothing is started yet. */
export function createGenerations({ rolls, start, onReplaced }: GenerationsDeps): Generations {
  const stopping = new AbortController();
  const listeners = new Set<(step: StartStep) => void>();
  let current: Generation | undefined;
  let since: Date | undefined;
  let incoming: Generation | undefined;
  let owed = 0; // of a call, to the one that takes over
  let draining:
    | { readonly generation: Generation; readonly sinceMs: number; readonly ended: Promise<void> }
    | undefined;
  let running: { readonly over: Promise<void>; giveUp(): void } | undefined;
  let queued: Promise<Generation> | undefined;

  const tell = (step: StartStep) => {
    for (const listener of listeners) listener(step);
  };

  const bring = async (signal: AbortSignal): Promise<Generation> => {
    signal.throwIfAborted();
    if (draining) await untilDrained(draining, signal);
    const next = await start(signal, current && rolls ? 'one' : 'all');
    if (stopping.signal.aborted) {
      next.kill();
      throw new ServiceError('STOPPING', {});
    }
    const before = current;
    if (before && rolls) await takeOver(before, next, signal);
    stopping.signal.throwIfAborted(); // in this very moment: whoever stops has both of them in hand
    current = next;
    since = new Date();
    incoming = undefined;
    if (before) drain(before);
    return next;
  };

  /** A model that fits once more than there are workers need not fit twice more: the next start waits. */
  const untilDrained = async ({ generation, sinceMs, ended }: NonNullable<typeof draining>, signal: AbortSignal) => {
    tell({ kind: 'waiting' });
    const late = setTimeout(generation.kill, Math.max(0, sinceMs + generation.drainMs - performance.now()));
    try {
      await unlessAborted(ended, signal);
    } finally {
      clearTimeout(late);
    }
  };

  /** Replaces one worker after the other; the last one of before stays, for requests that are being read. */
  const takeOver = async (before: Generation, next: Generation, signal: AbortSignal): Promise<void> => {
    incoming = next;
    owed = 0;
    const removed: number[] = [];
    try {
      for (let index = 1; index <= next.size; index++) {
        if (index > 1) await next.addWorker(index, signal);
        tell({ kind: 'progress', ready: index, of: next.size });
        if (index === next.size || index >= before.size) continue;
        removed.push(index);
        await unlessAborted(before.removeWorker(index, before.drainMs), signal);
      }
    } catch (error) {
      if (!stopping.signal.aborted) await giveBack(before, next, removed);
      throw error;
    }
  };

  /** The same in the other direction. */
  const giveBack = async (before: Generation, next: Generation, removed: readonly number[]): Promise<void> => {
    for (const index of removed) {
      if (stopping.signal.aborted) return;
      await before.restoreWorker(index);
      if (index !== removed.at(-1)) await next.removeWorker(index, next.drainMs);
    }
    if (stopping.signal.aborted) return;
    incoming = undefined;
    drain(next);
  };

  const drain = (generation: Generation) => {
    const ended = generation.retire().then(() => {
      draining = undefined;
    });
    draining = { generation, sinceMs: performance.now(), ended };
  };

  const begin = (): Promise<Generation> => {
    const givenUp = new AbortController();
    const made = bring(AbortSignal.any([stopping.signal, givenUp.signal]));
    const end = () => {
      running = undefined;
    };
    const isFirst = current === undefined;
    made.then(
      () => isFirst || onReplaced('ok'),
      () => isFirst || stopping.signal.aborted || givenUp.signal.aborted || onReplaced('failed'),
    );
    running = { over: made.then(end, end), giveUp: () => givenUp.abort(new ServiceError('STOPPING', {})) };
    return made.catch((error: unknown) => {
      if (givenUp.signal.aborted && queued) return queued;
      throw error;
    });
  };

  return {
    get current() {
      return current;
    },
    get since() {
      return since;
    },
    get all() {
      return [
        ...(current ? [{ generation: current, phase: 'serving' as const }] : []),
        ...(incoming ? [{ generation: incoming, phase: 'taking over' as const }] : []),
        ...(draining ? [{ generation: draining.generation, phase: 'draining' as const }] : []),
      ];
    },
    get isReady() {
      return current?.isReady === true && incoming?.isReady !== false;
    },
    get isDraining() {
      return draining !== undefined;
    },
    choose(path) {
      if (!incoming || !current || !incoming.routes.has(path)) return current;
      if (!current.routes.has(path)) return incoming;
      const [old, fresh] = [current.readyCount, incoming.readyCount];
      owed += old === 0 ? 1 : fresh / (old + fresh);
      if (owed < 1) return current;
      owed -= 1;
      return incoming;
    },
    replace(how = 'in turn') {
      if (!running) return begin();
      queued ??= running.over.then(() => {
        queued = undefined;
        return begin();
      });
      if (how === 'at once') running.giveUp();
      return queued;
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop(graceMs) {
      stopping.abort(new ServiceError('STOPPING', {}));
      const late = setTimeout(() => draining?.generation.kill(), graceMs);
      const alive = [current?.stop(graceMs), incoming?.stop(graceMs), draining?.ended];
      await Promise.all([running?.over, queued?.catch(() => {}), ...alive]);
      clearTimeout(late);
    },
    kill() {
      stopping.abort(new ServiceError('STOPPING', {}));
      for (const generation of [current, incoming, draining?.generation]) generation?.kill();
    },
  };
}
