/** The metrics as the author's filter leaves them; without it where it fails, so that monitoring goes on. */
import type { Exposition } from '../../observe/family.ts';
import type { ServerLog } from '../../observe/log.ts';

const filterTimeoutMs = 2000; // Prometheus waits 10 s for all of it
const tellEveryMs = 60_000; // it is asked for again and again

/** Creates what gives the exposition; whoever asks while the filter runs shares what it gives. */
export function createFilteredExpose(
  expose: () => Promise<Exposition>,
  filter: (text: string) => Promise<string>,
  log: ServerLog,
): () => Promise<Exposition> {
  let underWay: Promise<Exposition> | undefined;
  let unanswered: Promise<string> | undefined; // a filter that hangs is not asked again beside
  let toldAtMs = Number.NEGATIVE_INFINITY;

  const ask = (text: string): Promise<string> => {
    const asked = filter(text);
    unanswered = asked;
    const forget = () => {
      unanswered = undefined;
    };
    asked.then(forget, forget);
    return asked;
  };
  const filtered = async (): Promise<Exposition> => {
    const exposition = await expose();
    if (unanswered) return exposition;
    try {
      return { ...exposition, text: await inTime(ask(exposition.text)) };
    } catch (error) {
      const nowMs = performance.now();
      if (nowMs - toldAtMs > tellEveryMs) {
        toldAtMs = nowMs;
        const { message, stack } = error as Error;
        log('error', `the filter of the metrics failed, and they are served without it: ${message}`, { stack });
      }
      return exposition;
    }
  };

  return () => {
    underWay ??= filtered().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${filterTimeoutMs} ms`)), filterTimeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
