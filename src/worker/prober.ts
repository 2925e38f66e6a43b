/** Asks the author's hooks how the worker is. */
import type { Health } from '../spec/messages.ts';

interface ProberDeps {
  readonly service: object;
  /** Methods, by what they say. */
  readonly hooks: { readonly alive: readonly string[]; readonly ready: readonly string[] };
  readonly periodMs: number;
  readonly timeoutMs: number;
  tell(health: Health): void;
}

/** The probes of one worker; never two at a time. */
export interface Prober {
  /** Asks until the worker is ready. @throws Error if it is not alive. */
  untilReady(): Promise<void>;
  /** Asks again and again. */
  start(): void;
  stop(): void;
}

/** Creates the prober of one service instance. */
export function createProber({ service, hooks, periodMs, timeoutMs, tell }: ProberDeps): Prober {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const unanswered = new Map<string, Promise<string | undefined>>(); // by hook: none is asked again before it has answered

  /** What is wrong with one hook's answer. */
  const ask = async (name: string): Promise<string | undefined> => {
    const answer = unanswered.get(name) ?? answerOf(service, name).finally(() => unanswered.delete(name));
    unanswered.set(name, answer);
    const late = Promise.withResolvers<string>();
    const stopClock = countDown(timeoutMs, () => late.resolve(`did not answer within ${timeoutMs} ms`));
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      stopClock();
    }
  };

  const probe = async (): Promise<Health> => {
    const whatIsWrong = async (kind: string, names: readonly string[]) => {
      for (const name of names) {
        const problem = await ask(name);
        if (problem !== undefined) return `its ${kind} hook ${name} ${problem}`;
      }
      return '';
    };
    const dead = await whatIsWrong('isAlive', hooks.alive);
    const unready = await whatIsWrong('isReady', hooks.ready);
    return { isAlive: dead === '', isReady: unready === '', problem: dead || unready };
  };

  const next = () => {
    timer = setTimeout(async () => {
      const health = await probe();
      if (isStopped) return;
      tell(health);
      next();
    }, periodMs).unref(); // what keeps the worker alive is its line to the gateway
  };

  return {
    async untilReady() {
      for (;;) {
        const health = await probe();
        if (!health.isAlive) throw new Error(health.problem);
        tell(health);
        if (health.isReady) return;
        await new Promise((resolve) => setTimeout(resolve, periodMs).unref());
      }
    },
    start() {
      if (hooks.alive.length + hooks.ready.length > 0) next();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

async function answerOf(service: object, name: string): Promise<string | undefined> {
  try {
    const said = await (service as Record<string, () => unknown>)[name]?.();
    return said ? undefined : `said ${String(said)}`;
  } catch (error) {
    return `threw: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const slices = 10;

/** Counts only time in which timers run: while a method holds the thread, a hook cannot answer either. */
function countDown(timeMs: number, onEnd: () => void): () => void {
  let left = slices;
  const timer = setInterval(() => {
    left--;
    if (left > 0) return;
    clearInterval(timer);
    onEnd();
  }, timeMs / slices);
  return () => clearInterval(timer);
}
