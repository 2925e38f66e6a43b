/** Holds the generation that serves, and puts another one in its place without a request noticing. */
import { ServiceError } from '../errors.ts';
import type { Generation } from '../pool/generation.ts';
import { unlessAborted } from '../pool/unless-aborted.ts';

/** The generations of one server: never more than two of them are alive. */
export interface Generations {
  /** The one that new requests go to; undefined until the first is ready. */
  readonly current: Generation | undefined;
  /** When that one took over. */
  readonly since: Date | undefined;
  /** Whether one that was replaced still has requests: the next start waits for it. */
  readonly isDraining: boolean;
  /**
   * Starts another one and, once it is ready, gives it all new requests; the one before it finishes what it has. Fails
   * as the start fails, and then the one before it goes on. While a start is under way one more is queued, and whoever
   * asks in the meantime shares it.
   *
   * @param how `at once` gives up a start that is under way: those who wait for it get what the next one brings.
   */
  replace(how?: 'in turn' | 'at once'): Promise<Generation>;
  /** Gives up a start that is under way, lets requests finish, ends every worker. */
  stop(graceMs: number): Promise<void>;
  /** Ends every worker at once. */
  kill(): void;
}

interface GenerationsDeps {
  start(signal: AbortSignal): Promise<Generation>;
  /** How long a generation may take to finish what it has after another one took over. */
  drainMs(generation: Generation): number;
}

/** Creates the holder; nothing is started yet. */
export function createGenerations({ start, drainMs }: GenerationsDeps): Generations {
  const stopping = new AbortController();
  let current: Generation | undefined;
  let since: Date | undefined;
  let draining: { readonly generation: Generation; readonly ended: Promise<void> } | undefined;
  let running: { readonly over: Promise<void>; giveUp(): void } | undefined;
  let queued: Promise<Generation> | undefined;

  const bring = async (signal: AbortSignal): Promise<Generation> => {
    signal.throwIfAborted();
    if (draining) await unlessAborted(draining.ended, signal); // a model that fits twice need not fit three times
    const next = await start(signal);
    if (stopping.signal.aborted) {
      next.kill();
      throw new ServiceError('STOPPING', {});
    }
    const before = current;
    current = next;
    since = new Date();
    if (before) {
      const ended = before.stop(drainMs(before)).then(() => {
        draining = undefined;
      });
      draining = { generation: before, ended };
    }
    return next;
  };

  const begin = (): Promise<Generation> => {
    const givenUp = new AbortController();
    const made = bring(AbortSignal.any([stopping.signal, givenUp.signal]));
    const end = () => {
      running = undefined;
    };
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
    get isDraining() {
      return draining !== undefined;
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
    async stop(graceMs) {
      stopping.abort(new ServiceError('STOPPING', {}));
      const late = setTimeout(() => draining?.generation.kill(), graceMs);
      await Promise.all([running?.over, queued?.catch(() => {}), draining?.ended, current?.stop(graceMs)]);
      clearTimeout(late);
    },
    kill() {
      stopping.abort(new ServiceError('STOPPING', {}));
      current?.kill();
      draining?.generation.kill();
    },
  };
}
