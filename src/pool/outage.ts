/** Says what callers and operators hear while workers end again and again. */
import { ServiceError } from '../errors.ts';

/** A worker that is missing, and waits before it is started again. */
export interface MissingWorker {
  /** How often in a row it has not lived for long. */
  readonly times: number;
  /** Why it ended the last time, fit for callers. */
  readonly problem: string;
  /** When it is started again; in the past while that is being tried. */
  readonly retryAtMs: number;
}

/** A time in which no worker lives, and none is being started. */
export interface Outage {
  /** When there may be one again. */
  readonly endsAtMs: number;
  /** What calls are answered that cannot wait for that. */
  refusal(): ServiceError<'CRASH_LOOP'>;
}

/** What a call is answered whose time is up before there may be a worker; undefined if it may wait. */
export function decideOutageRefusal({ endsAtMs, refusal }: Outage, expiresAtMs: number): ServiceError | undefined {
  return expiresAtMs <= endsAtMs ? refusal() : undefined;
}

/** What is said of missing workers; undefined if there are none. @param startMs how long a worker takes to start. */
export function explainMissing(
  service: string,
  count: number,
  missing: readonly MissingWorker[],
  startMs: number,
  nowMs: number,
): ServiceError<'CRASH_LOOP'> | undefined {
  const worst = missing.toSorted((one, other) => other.times - one.times)[0];
  if (!worst) return undefined;
  const waitMs = Math.max(0, Math.min(...missing.map(({ retryAtMs }) => retryAtMs)) - nowMs);
  const next = waitMs === 0 ? 'another try is under way' : `the next try is in ${(waitMs / 1000).toFixed(1)} s`;
  const { times, problem } = worst;
  return new ServiceError(
    'CRASH_LOOP',
    { service, count, missing: missing.length, times, problem, next },
    { retryAfterMs: waitMs + startMs },
  );
}
