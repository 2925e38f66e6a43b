/** Where a worker process begins: steps back behind the gateway, starts the watchdog, listens. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { toRecord } from '../errors.ts';
import { countExternalMemory } from '../external-memory.ts';
import { createLogBudget } from '../observe/log-budget.ts';
import type { Trace } from '../spec/invocation.ts';
import { type LastWords, lineClosedCode } from '../spec/last-words.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { printRecord } from '../spec/output-record.ts';
import { captureOutput } from './capture-output.ts';
import { createIpcChannel } from './ipc-channel.ts';
import { createSharedMemory } from './shared-memory.ts';
import { replaceUnsendable } from './unsendable.ts';
import { createWorker } from './worker.ts';

/** The descriptor on which the gateway's end of the liveness pipe arrives: after stdio (0 to 2) and IPC (3). */
const livenessFd = 4;

/** Those of the shared memory, where the gateway has made one. */
const toWorkerFd = 5;
const toGatewayFd = 6;

// Together not more than what the gateway takes for one line, however they have to be escaped.
const longestLastMessage = 1000;
const longestLastStack = 6000;

const [, , niceness, outputKey = '', isShared] = process.argv;
stepBack(Number(niceness));
countExternalMemory();

const calls = new AsyncLocalStorage<Trace>();
captureOutput(outputKey, () => calls.getStore());

const watchdog = new Worker(new URL(import.meta.resolve('#watchdog')), {
  workerData: { livenessFd, gatewayPid: process.ppid },
  stdin: false,
});
watchdog.unref();

const channel = createIpcChannel<FromWorker, ToWorker>(
  process,
  (message, reason) => replaceUnsendable(message, reason, worker),
  isShared === 'true' ? createSharedMemory(toGatewayFd, toWorkerFd) : undefined,
);
takeLine();
const exit = process.exit.bind(process);
const leave = (exitCode: number) => {
  channel.flush();
  void channel.drained().then(() => exit(exitCode));
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
  nameProcess(name) {
    process.title = name;
  },
});
channel.onMessage(worker.onMessage);
channel.onClose(() => exit(lineClosedCode));
process.on('exit', () => {
  worker.flush();
  channel.flush();
});

// A signal to the whole group (Ctrl-C) is the gateway's to act on: it tells the workers when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) process.on(signal, () => {});

for (const [event, kind] of [
  ['uncaughtException', 'exception'],
  ['unhandledRejection', 'rejection'],
] as const) {
  process.on(event, (thrown: unknown) => {
    const { cause, ...error } = toRecord(thrown);
    const stack = cause ? `${error.stack}\ncaused by: ${cause.stack}` : error.stack;
    const message = error.message.slice(0, longestLastMessage);
    say({ kind, error: { ...error, message, stack: stack.slice(0, longestLastStack), detail: [] } });
    leave(1);
  });
}

process.exit = (code) => {
  const { stack = '' } = new Error('process.exit was called');
  say({ kind: 'exit', code: Number(code ?? process.exitCode ?? 0), stack: stack.slice(0, longestLastStack) });
  channel.flush(); // what other calls have given already
  return exit(code);
};

/** On standard error, which blocks until it is out: what goes through the channel may not get out in time. */
function say(lastWords: LastWords): void {
  try {
    writeSync(process.stderr.fd, printRecord(outputKey, { lastWords }));
  } catch {
    // The author's code has closed it; the exit code has to do.
  }
}

/** The line is ours: what libraries say to whoever has forked them, such as `process.send?.('ready')`, nobody waits for. */
function takeLine(): void {
  process.send = (...args: unknown[]) => {
    const sent = args.at(-1);
    if (typeof sent === 'function') process.nextTick(sent, null);
    return true;
  };
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
