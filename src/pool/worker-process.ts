/** Starts one worker process and says how it ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Channel } from '../spec/channel.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { createIpcChannel } from '../worker/ipc-channel.ts';
import { openSharedMemory } from '../worker/shared-memory.ts';
import { lackOfDescriptors } from './descriptors.ts';
import { type EndCause, type ExitReason, explainEnd } from './exit-reason.ts';
import { countMemoryKills } from './memory-kills.ts';
import { readIfThere } from './read-if-there.ts';
import { type OutputLog, readOutput, type WorkerOutput } from './worker-output.ts';

/** A running worker process. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly channel: Channel<ToWorker, FromWorker>;
  /** Resolves when it has ended; what it printed until then has been logged, unless another process still holds its output. */
  readonly ended: Promise<ExitReason>;
  /** Says why it will end; the first reason holds. */
  expectEnd(cause: EndCause): void;
  /** Ends it at once, also one that is stopped by a signal. @param cause for another reason than that it is not wanted. */
  kill(cause?: EndCause): void;
}

const lastWordsMs = 100; // what was written before the end lies in the pipe already

/** Starts a worker process; what it prints goes to `log`. */
export function startProcess(niceness: number, log: OutputLog): WorkerProcess {
  const lack = lackOfDescriptors();
  if (lack !== undefined) return notStarted(Promise.resolve(lack));
  const outputKey = randomBytes(8).toString('hex');
  const shared = openSharedMemory();
  const child = fork(
    fileURLToPath(import.meta.resolve('#worker-main')),
    [String(niceness), outputKey, String(shared !== undefined)],
    {
      serialization: 'advanced',
      // The fifth descriptor is the liveness pipe: it closes with this process, however this process ends. Then comes the
      // shared memory, where there is one.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', ...(shared ? [shared.toWorker, shared.toGateway] : [])],
    },
  );
  if (!child.stdout || !child.stderr) {
    shared?.memory.close();
    return notStarted(once(child, 'error').then(([error]) => String(error)));
  }
  child.stdio[4]?.on('error', () => {}); // a reset when the worker is killed says nothing that `ended` does not
  const outputs = [
    readOutput(child.stdout, 'stdout', outputKey, log),
    readOutput(child.stderr, 'stderr', outputKey, log),
  ] as const;
  const killsBefore = countMemoryKills(readIfThere) ?? 0;
  let cause: EndCause | undefined;
  const expectEnd = (why: EndCause) => {
    cause ??= why;
  };
  const explain = async (): Promise<ExitReason> => {
    const end = await waitForEnd(child, outputs);
    if (end.error) {
      shared?.memory.close();
      return { kind: 'not_started', problem: end.error.message };
    }
    const { lastWords, tail: stderrTail } = outputs[1];
    const hasMemoryKill = (countMemoryKills(readIfThere) ?? 0) > killsBefore;
    return explainEnd({ ...end, cause, lastWords, stderrTail, hasMemoryKill });
  };
  return {
    pid: child.pid,
    channel: createIpcChannel(child, undefined, shared?.memory),
    ended: explain(),
    expectEnd,
    kill(why = { kind: 'killed' }) {
      expectEnd(why);
      child.kill('SIGKILL');
    },
  };
}

/** A process that there never was. */
function notStarted(why: Promise<string>): WorkerProcess {
  return {
    pid: undefined,
    channel: {
      send: () => true,
      flush() {},
      drained: () => Promise.resolve(),
      onMessage() {},
      onClose() {},
      close() {},
    },
    ended: why.then((problem) => ({ kind: 'not_started', problem })),
    expectEnd() {},
    kill() {},
  };
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

async function waitForEnd(child: ChildProcess, outputs: readonly WorkerOutput[]): Promise<End> {
  const end = await new Promise<End>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, lastWordsMs);
  await Promise.race([Promise.all(outputs.map(({ closed }) => closed)), late.promise]);
  clearTimeout(timer);
  // A process that the author's code started may hold the pipes: it is heard, but keeps nobody from ending.
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
  return end;
}
