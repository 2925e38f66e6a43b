/** The processes of this bench: servers and the load generator, each ended with the block that started it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { LoadOrder, LoadResult } from './load.ts';

/** A server under test. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** Starts a server's script; what it prints goes to a file. */
export async function startServer(script: string, logFile: string): Promise<Server> {
  const log = openSync(logFile, 'a');
  const child = fork(script, [], { execArgv: [], stdio: ['ignore', log, 'inherit', 'ipc'] });
  closeSync(log);
  const { port } = await firstMessage<{ port: number }>(child, script);
  return { pid: child.pid as number, port, [Symbol.asyncDispose]: () => end(child) };
}

/** The load generator. */
export interface Load extends AsyncDisposable {
  open(port: number, clients: number): Promise<void>;
  go(requests: number, limitMs: number): Promise<LoadResult>;
  close(): Promise<void>;
}

/** Starts the load generator. */
export async function startLoad(): Promise<Load> {
  const script = `${import.meta.dirname}/load.ts`;
  const child = fork(script, [], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ask = async (order: LoadOrder): Promise<LoadResult | undefined> => {
    child.send(order);
    const answer = await firstMessage<{ result?: LoadResult; error?: string }>(child, script);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  };
  return {
    open: async (port, clients) => void (await ask({ kind: 'open', port, clients })),
    go: async (requests, limitMs) => (await ask({ kind: 'go', requests, limitMs })) as LoadResult, // what `go` gives
    close: async () => void (await ask({ kind: 'close' })),
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function firstMessage<T>(child: ChildProcess, script: string): Promise<T> {
  const ended = new AbortController();
  const onExit = (code: number | null, signal: string | null) =>
    ended.abort(new Error(`${script} ended with ${signal ?? `exit code ${code}`}`));
  child.once('exit', onExit);
  try {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message as T;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.off('exit', onExit);
  }
}

const graceMs = 5000;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
  if (child.connected) child.disconnect(); // all of them leave then
  await exited;
  clearTimeout(late);
}
