/** Where a worker process begins: steps back behind the gateway, starts the watchdog, listens. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ServiceError, toRecord } from '../errors.ts';
import { createLogBudget } from '../observe/log-budget.ts';
import type { Trace } from '../spec/invocation.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { captureOutput } from './capture-output.ts';
import { createIpcChannel } from './ipc-channel.ts';
import { createWorker } from './worker.ts';

/** The descriptor on which the gateway's end of the liveness pipe arrives: after stdio (0 to 2) and IPC (3). */
const livenessFd = 4;

const [, , niceness, outputKey = ''] = process.argv;
stepBack(Number(niceness));

const calls = new AsyncLocalStorage<Trace>();
captureOutput(outputKey, () => calls.getStore());

const watchdog = new Worker(new URL(import.meta.resolve('#watchdog')), {
  workerData: { livenessFd, gatewayPid: process.ppid },
  stdin: false,
});
watchdog.unref();

const channel = createIpcChannel<FromWorker, ToWorker>(process, replaceUnsendable);
const leave = (exitCode: number) => {
  channel.flush();
  void channel.drained().then(() => process.exit(exitCode));
};
const logBudget = createLogBudget(
  (lines) => {
    const message = `${lines} log lines were left out: too many in one second`;
    channel.send({ kind: 'log', level: 'warn', message, fields: {} });
  },
  () => performance.now(),
);
const worker = createWorker({
  send: channel.send,
  flush: channel.flush,
  leave,
  runInCall: (trace, run) => calls.run(trace, run),
  admitsLine: logBudget.admits,
});
channel.onMessage(worker.onMessage);
channel.onClose(() => process.exit(0));

// A signal to the whole group (Ctrl-C) is the gateway's to act on: it tells the workers when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) process.on(signal, () => {});

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (thrown: unknown) => {
    const { message, stack } = toRecord(thrown);
    channel.send({ kind: 'log', level: 'error', message: `the worker ends: ${event}: ${message}`, fields: { stack } });
    leave(1);
  });
}

/** Lowers the priority of every thread: Linux has one a thread, and V8 has started some; later ones inherit it. */
function stepBack(level: number): void {
  try {
    const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid];
    for (const thread of threads) setPriority(thread, level);
  } catch {
    // Not allowed in some sandboxes; the worker then competes with the gateway on equal terms.
  }
}

/** A result that cannot cross the border becomes an error of its own call; anything else is a fault of ours. */
function replaceUnsendable(message: FromWorker, reason: unknown): FromWorker | undefined {
  if (message.kind === 'value' || message.kind === 'items') {
    worker.onMessage({ kind: 'cancel', id: message.id, reason: 'CANCELLED' }); // a stream need not go on
    const cause = new TypeError(`the method gave a value that cannot leave its process: ${(reason as Error).message}`);
    return { kind: 'error', id: message.id, error: toRecord(new ServiceError('OUTPUT_INVALID', {}, { cause })) };
  }
  if (message.kind === 'error')
    return { ...message, error: { ...message.error, detail: [], stack: String(message.error.stack) } };
  if (message.kind === 'log') {
    return { ...message, fields: { unsendable: Object.keys(message.fields).join(', ') } };
  }
  throw reason;
}
