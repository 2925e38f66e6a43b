/** Turns what a worker says about one call into the outcome that the caller gets. */
import { ApiError, type ErrorRecord, fromRecord, isServiceError, ServiceError } from '../errors.ts';
import { openFiles } from '../io/crossing.ts';
import type { FileOnDisk } from '../io/file-content.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { Invocation, Outcome, ResponseChanges } from '../spec/invocation.ts';
import type { Credit } from '../spec/messages.ts';
import type { ApiSpec } from '../spec/service-spec.ts';
import { toWords } from './exit-reason.ts';
import type { OutputCheck } from './output.ts';
import type { InflowPump } from './pump-inflow.ts';
import type { Spool } from './spool.ts';
import type { StreamReader } from './stream-reader.ts';
import type { CallListener } from './worker-handle.ts';

interface CallDeps {
  /** Begins the log lines, for example `Embedder.embed`. */
  readonly name: string;
  readonly api: ApiSpec;
  readonly invocation: Invocation;
  readonly check: OutputCheck;
  readonly spool: Pick<Spool, 'read' | 'remove'>;
  /** Makes the gateway's end of a stream; called at most once. */
  openStream(): StreamReader;
  /** What hands over the items of an argument, once the worker has the call. */
  inflow(): InflowPump | undefined;
  /** Tells the worker that nobody wants the rest. */
  cancel(): void;
  /** Gives the caller the outcome, unless it has one; says whether it did. */
  settle(outcome: Outcome): boolean;
  /** Gives the caller an error, unless it has an outcome; says whether it did. */
  refuse(error: Error): boolean;
  /** Items of a stream have come. */
  onItems(count: number): void;
  /** The worker has room again. */
  onFree(): void;
  /** The worker is gone. */
  onLost(): void;
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The listener of one call, and the credit that its stream begins with. */
export function createCallListener(deps: CallDeps): {
  readonly listener: CallListener;
  readonly credit: Credit | undefined;
  /** Gives the caller an error in place of the rest; says whether anybody heard of it. */
  fail(error: Error): boolean;
} {
  const { api, invocation, check, spool } = deps;
  const stream = api.kind !== 'unary' ? deps.openStream() : undefined;
  const facts = { path: invocation.request.path, requestId: invocation.trace.spanId };

  const open = (response: ResponseChanges | undefined) => {
    if (stream) deps.settle({ kind: 'items', groups: stream.groups, ...(response ? { response } : {}) });
  };
  const fail = (error: Error): boolean => {
    const wasReading = stream?.fail(error) ?? false;
    return deps.refuse(error) || wasReading;
  };
  const invalid = (error: ServiceError) => {
    const level = fail(error) ? 'error' : 'warn'; // once nobody waits, it is only worth a look
    deps.log(level, `${deps.name}: ${(error.cause as Error).message}`, facts);
  };

  /** Says whether anybody took it. */
  const settle = (value: unknown, response: ResponseChanges | undefined, files?: readonly FileOnDisk[]): boolean => {
    const checked = check(value);
    if (!checked.error)
      return deps.settle({
        kind: 'value',
        value: checked.value,
        ...(files && { files }),
        ...(response && { response }),
      });
    invalid(checked.error);
    return false;
  };
  const settleWithFiles = async (
    value: unknown,
    response: ResponseChanges | undefined,
    files: readonly FileOnDisk[],
  ) => {
    let isSent = false;
    try {
      await openFiles(value, spool.read, check.onDisk);
      const isOnDisk = check.onDisk.length > 0;
      isSent = settle(value, response, isOnDisk ? files : undefined) && isOnDisk;
    } catch (error) {
      fail(error as Error);
    }
    if (!isSent) spool.remove(files);
  };

  const listener: CallListener = {
    onValue(value, response, files) {
      if (files.length === 0) settle(value, response);
      else void settleWithFiles(value, response, files);
      deps.onFree();
    },
    onItems(items, bytes, response) {
      const { good, error } = checkAll(items, check);
      deps.onItems(good.length);
      if (good.length > 0) {
        stream?.push(good, bytes);
        open(response);
      } else if (response) open(response); // a head without a body yet
      if (!error) return;
      deps.cancel();
      invalid(error);
    },
    onTaken: (credit) => deps.inflow()?.grant(credit),
    onEnough: () => deps.inflow()?.stop(),
    onEnd(response) {
      stream?.end();
      open(response);
      deps.onFree();
    },
    onError(record) {
      const error = toCallerError(record);
      const isHeard = fail(error);
      const isForCaller = error instanceof ApiError || isServiceError(error, 'INVALID_INPUT');
      if (!isForCaller) {
        // Once nobody waits, a complaint about the aborted signal is to be expected; anything else is worth a look.
        const isComplaint = record.name === 'AbortError' || record.name === 'TimeoutError';
        const level = isHeard ? 'error' : isComplaint ? 'debug' : 'warn';
        deps.log(level, `${deps.name}: ${describe(record)}`, { ...facts, stack: record.stack, ...causeOf(record) });
      }
      deps.onFree();
    },
    onLost(reason) {
      deps.onLost();
      fail(new ServiceError('WORKER_LOST', {}, { cause: new Error(`the worker ended: ${toWords(reason)}`) }));
    },
  };
  return { listener, credit: stream?.initialCredit, fail };
}

function checkAll(items: readonly unknown[], check: OutputCheck): { good: unknown[]; error?: ServiceError } {
  const good: unknown[] = [];
  for (const item of items) {
    const checked = check(item);
    if (checked.error) return { good, error: checked.error };
    good.push(checked.value);
  }
  return { good };
}

/** What a caller hears of an error: whatever the author did not mean for the caller stays in the log. */
function toCallerError(record: ErrorRecord): Error {
  const error = fromRecord(record);
  if (error instanceof ApiError) return error;
  if (error instanceof ServiceError && (record.status < 500 || isOfResult(record))) return error;
  return new ServiceError('METHOD_FAILED', {}, { cause: error });
}

/** Whether it was raised after the method had ended. */
function isOfResult({ code }: ErrorRecord): boolean {
  return code === 'OUTPUT_INVALID' || code === 'SPOOL_FAILED';
}

function describe(record: ErrorRecord): string {
  if (isOfResult(record)) return record.cause?.message ?? record.message;
  return `the method threw ${record.name}: ${record.message}`;
}

function causeOf(record: ErrorRecord): { cause?: string } {
  return record.cause ? { cause: record.cause.stack } : {};
}
