/** Starts one worker process and says how it ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Channel } from '../spec/channel.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { createIpcChannel } from '../worker/ipc-channel.ts';

/** A running worker process. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly channel: Channel<ToWorker, FromWorker>;
  /** Resolves with how it ended, for example `signal SIGKILL` or `exit code 3`. */
  readonly ended: Promise<string>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a worker process; its output goes where ours goes. */
export function startProcess(niceness: number): WorkerProcess {
  const child = fork(fileURLToPath(import.meta.resolve('#worker-main')), [String(niceness)], {
    serialization: 'advanced',
    // The fifth descriptor is the liveness pipe: it closes with this process, however this process ends.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
  child.stdio?.[4]?.on('error', () => {}); // a reset when the worker is killed says nothing that `ended` does not
  return {
    pid: child.pid,
    channel: createIpcChannel(child),
    ended: waitForEnd(child),
    kill: () => void child.kill('SIGKILL'),
  };
}

function waitForEnd(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`no process (${error.message})`));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}
