/** Runs a method once for several calls, and gives each its part of what comes of it. */
import { ApiError, type Violation } from '../errors.ts';
import { pack, unpack } from '../io/crossing.ts';
import { countItems, cutItems, joinItems } from '../io/rows.ts';
import { isItemError } from '../sdk/batch.ts';
import type { BatchedCall } from '../spec/messages.ts';
import type { ApiSpec, BatchingSpec } from '../spec/service-spec.ts';

/** One of the calls that run together. */
export interface Member {
  readonly call: BatchedCall;
  readonly abort: AbortController;
}

/** A call with its arguments at hand. */
export interface ReadyMember extends Member {
  readonly args: readonly unknown[];
}

type Eventually<T> = T | PromiseLike<T>;

/** What a run needs from its worker. */
export interface BatchDeps {
  readonly api: ApiSpec;
  readonly batching: BatchingSpec;
  /** The arguments of one call as the method gets them. */
  read(call: BatchedCall): Eventually<readonly unknown[]>;
  /** Calls the author's method. */
  invoke(args: readonly unknown[], members: readonly ReadyMember[]): unknown;
  /** Sends one call its part of a result, in the author's hands as it is. */
  answer(call: BatchedCall, part: unknown): Promise<void>;
  refuse(call: BatchedCall, error: unknown): void;
  now(): number;
}

/** Runs all that anybody waits for; says whether once was enough. */
export async function runBatch(members: readonly Member[], deps: BatchDeps): Promise<boolean> {
  return runParts(await readAll(members, deps), deps);
}

/** Whoever has sent what a schema refuses hears of it alone. */
export async function readAll(members: readonly Member[], deps: BatchDeps): Promise<readonly ReadyMember[]> {
  const reading = members.map(async (member): Promise<ReadyMember | undefined> => {
    const { call } = member;
    try {
      const args = await deps.read(call);
      checkCounts(args, call, deps);
      return { ...member, args };
    } catch (error) {
      deps.refuse(call, error);
      return undefined;
    }
  });
  const read = await Promise.all(reading);
  return read.filter((member) => member !== undefined);
}

function checkCounts(args: readonly unknown[], { items }: BatchedCall, { api, batching }: BatchDeps): void {
  for (const at of batching.places) {
    const { name } = api.parameters[at] ?? {};
    const count = args[at] === undefined ? items : countOf(args[at], batching.inputDim);
    if (count !== items)
      throw new TypeError(`the schema of "${name}" makes ${count} items of ${items}; keep their number`);
  }
}

function countOf(value: unknown, dim: number): number | undefined {
  return Array.isArray(value) ? value.length : countItems(pack(value), dim);
}

/** Runs them at once, or in halves if that fails and may be repeated. */
async function runParts(ready: readonly ReadyMember[], deps: BatchDeps): Promise<boolean> {
  const members = withoutAbandoned(ready, deps);
  if (members.length === 0) return false;
  let parts: readonly unknown[];
  try {
    const result = deps.invoke(joinArguments(members, deps.batching), members);
    parts = await split(await result, members, deps.batching.outputDim);
  } catch (error) {
    if (deps.batching.onBatchError === 'bisect' && members.length > 1) {
      const middle = Math.ceil(members.length / 2);
      await runParts(members.slice(0, middle), deps);
      await runParts(members.slice(middle), deps);
    } else {
      for (const { call } of members) deps.refuse(call, error);
    }
    return false;
  }
  await Promise.all(members.map(({ call }, at) => answerPart(call, parts[at], deps)));
  return true;
}

/** Whoever left before the method runs costs it nothing. */
export function withoutAbandoned<One extends Member>(members: readonly One[], deps: BatchDeps): readonly One[] {
  return members.filter(({ call, abort: { signal } }) => {
    if (signal.aborted) deps.refuse(call, signal.reason);
    return !signal.aborted;
  });
}

/** The arguments of one run: items in a row, and of the rest what is the same for all. */
export function joinArguments(members: readonly ReadyMember[], { places, inputDim }: BatchingSpec): readonly unknown[] {
  const [first, ...others] = members as readonly [ReadyMember, ...ReadyMember[]];
  if (others.length === 0) return first.args;
  return first.args.map((arg, at) => {
    if (!places.includes(at) || arg === undefined) return arg;
    const values = members.map(({ args }) => args[at]);
    if (Array.isArray(arg)) return values.flat();
    return unpack(
      joinItems(
        values.map((value) => pack(value)),
        inputDim,
      ),
    );
  });
}

/** @throws TypeError if there are not as many results as items: none of them could be told whose it is. */
async function split(result: unknown, members: readonly ReadyMember[], dim: number): Promise<readonly unknown[]> {
  const row = Array.isArray(result) ? result : await pack(result);
  const count = Array.isArray(result) ? result.length : countItems(row, dim);
  const items = members.reduce((sum, { call }) => sum + call.items, 0);
  if (count !== items) {
    const given = count === undefined ? `${typeof result}, and no array` : `${count} results`;
    throw new TypeError(`the method gave ${given} for a batch of ${items} items; give one for each, in their order`);
  }
  if (members.length === 1) return [result];
  let at = 0;
  return members.map(({ call }) => {
    const from = at;
    at += call.items;
    return Array.isArray(result) ? result.slice(from, at) : unpack(cutItems(row, from, at, dim));
  });
}

async function answerPart(call: BatchedCall, part: unknown, deps: BatchDeps): Promise<void> {
  try {
    if (Array.isArray(part) && part.some(isItemError)) throw toItemsError(call, part, deps);
    await deps.answer(call, part);
  } catch (error) {
    deps.refuse(call, error);
  }
}

/** Of several items the first that failed says what is wrong, and the details say which they are. */
function toItemsError(call: BatchedCall, part: readonly unknown[], { api, batching }: BatchDeps): unknown {
  const failed = part.flatMap((one, at) => (isItemError(one) ? [{ at, error: one.error }] : []));
  const [first] = failed as [(typeof failed)[number]]; // one at least is one
  if (!(first.error instanceof ApiError) || (call.items === 1 && !call.isPart)) return first.error;
  const name = api.parameters[batching.places[0] ?? 0]?.name ?? '';
  const detail = failed.slice(0, listedAtMost).map(
    ({ at, error }): Violation => ({
      loc: api.body === 'fields' ? [name, call.from + at] : [call.from + at],
      msg: error instanceof ApiError ? error.message : 'the method failed',
      type: 'item',
    }),
  );
  const { status, message, code } = first.error;
  return new ApiError(status, message, { code, detail: [...first.error.detail, ...detail].slice(0, listedAtMost) });
}

const listedAtMost = 100;
