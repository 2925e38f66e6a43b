/** Starts one worker process and says how it ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Channel } from '../spec/channel.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { createIpcChannel } from '../worker/ipc-channel.ts';
import { type OutputLog, readOutput, type WorkerOutput } from './worker-output.ts';

/** A running worker process. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly channel: Channel<ToWorker, FromWorker>;
  /**
   * Resolves with how it ended, for example `signal SIGKILL` or `exit code 3`; what it printed until then has been
   * logged, unless another process still holds its output.
   */
  readonly ended: Promise<string>;
  /** The last that V8 or native code wrote on standard error: what they had to say before they ended the process. */
  readonly stderrTail: string;
  /** Ends it at once. */
  kill(): void;
}

const lastWordsMs = 100; // what was written before the end lies in the pipe already

/** Starts a worker process; what it prints goes to `log`. */
export function startProcess(niceness: number, log: OutputLog): WorkerProcess {
  const outputKey = randomBytes(8).toString('hex');
  const child = fork(fileURLToPath(import.meta.resolve('#worker-main')), [String(niceness), outputKey], {
    serialization: 'advanced',
    // The fifth descriptor is the liveness pipe: it closes with this process, however this process ends.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  child.stdio?.[4]?.on('error', () => {}); // a reset when the worker is killed says nothing that `ended` does not
  const outputs = [
    readOutput(child.stdout as Readable, 'stdout', outputKey, log), // a pipe, as asked for above
    readOutput(child.stderr as Readable, 'stderr', outputKey, log),
  ] as const;
  return {
    pid: child.pid,
    channel: createIpcChannel(child),
    ended: waitForEnd(child, outputs),
    get stderrTail() {
      return outputs[1].tail;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function waitForEnd(child: ChildProcess, outputs: readonly WorkerOutput[]): Promise<string> {
  const how = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`no process (${error.message})`));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, lastWordsMs);
  await Promise.race([Promise.all(outputs.map(({ closed }) => closed)), late.promise]);
  clearTimeout(timer);
  // A process that the author's code started may hold the pipes: it is heard, but keeps nobody from ending.
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
  return how;
}
