/** Builds the `BatchContext` of one run. */
import type { BatchContext, BatchedRequest } from '../sdk/batch.ts';
import type { Log } from '../sdk/context.ts';
import type { BatchedCall } from '../spec/messages.ts';

/** One of the calls that run together, and the signal that it is over. */
export interface ContextMember {
  readonly call: BatchedCall;
  readonly signal: AbortSignal;
}

/** What all runs of a worker have in common. */
interface Surroundings {
  /** Aborts when nobody waits for any of them any more. */
  readonly signal: AbortSignal;
  readonly state: Record<string, unknown>;
  /** Path of the route. */
  readonly path: string;
  log(call: Pick<BatchedCall, 'trace'>): Log;
}

/** @param members in the order of their items, at least one. */
export function createBatchContext(
  members: readonly ContextMember[],
  { signal, state, path, log }: Surroundings,
): BatchContext {
  const nowMs = Date.now();
  let from = 0;
  const requests = members.map(({ call, signal }): BatchedRequest => {
    const { items, request = { headers: {}, path }, trace, timeoutMs } = call;
    let headers: Headers | undefined;
    let itsLog: Log | undefined;
    const one: BatchedRequest = {
      from,
      items,
      request: {
        path: request.path,
        get headers() {
          headers ??= new Headers(request.headers);
          return headers;
        },
      },
      signal,
      deadline: new Date(nowMs + timeoutMs),
      trace,
      get log() {
        itsLog ??= log(call);
        return itsLog;
      },
    };
    from += items;
    return one;
  });
  const [first] = requests as [BatchedRequest];
  return {
    requests,
    requestOf(item) {
      const found = requests.find((one) => item >= one.from && item < one.from + one.items);
      if (!found) throw new RangeError(`there is no item ${item} in a batch of ${from}`);
      return found;
    },
    signal,
    deadline: new Date(Math.max(...requests.map(({ deadline }) => Number(deadline)))),
    state,
    get log() {
      return first.log;
    },
  };
}
