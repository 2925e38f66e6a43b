/** Runs a program to its end, and no longer than it may. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Environment } from '../config/expand-path.ts';

/** How a program is run. */
export interface ProgramRun {
  readonly program: string;
  readonly words: readonly string[];
  /** Folder that it works in. @default ours */
  readonly cwd?: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /**
   * Is told what it prints, on whichever stream; where nobody is, both go to our own standard error, since standard
   * output is for the result.
   */
  readonly onOutput: ((text: string) => void) | undefined;
  /** Whether it may ask its user for a password: it then stays in the group that a terminal speaks to. */
  readonly asks: boolean;
}

/** How it ended. */
export type ProgramEnd =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'missing' }
  /** In words, such as "ended with exit code 1". */
  | { readonly kind: 'failed'; readonly how: string; readonly output: string };

const tailCharacters = 4000;
const killMs = 10_000;

/** @throws the reason of the signal, once the program has ended. */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { program, words, cwd, environment, signal, timeoutMs, onOutput, asks } = run;
  signal.throwIfAborted();
  const isGroup = process.platform !== 'win32' && !asks;
  const child = spawn(program, words, {
    env: { ...environment },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : [asks ? 'inherit' : 'ignore', 2, 2],
    detached: isGroup, // so that what it has started is ended with it
    windowsHide: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-tailCharacters);
      onOutput?.(text);
    });
  }
  let isLate = false;
  const end = () => endInTime(child, isGroup);
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const how = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => {
        // What it has left behind may hold the pipes open, and says nothing that is waited for.
        setTimeout(() => [child.stdout, child.stderr].forEach((stream) => void stream?.destroy()), killMs).unref();
      });
      child.once('close', (code, ended) => resolve(ended ?? `exit code ${code}`));
    });
    signal.throwIfAborted();
    if (isLate) return { kind: 'failed', how: `did not end within ${timeoutMs / 1000} s, and was ended`, output };
    return how === 'exit code 0' ? { kind: 'done', output } : { kind: 'failed', how: `ended with ${how}`, output };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (signal.aborted) throw signal.reason;
    if (code === 'ENOENT') return { kind: 'missing' };
    return { kind: 'failed', how: `does not start (${code})`, output };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** As Ctrl-C does, so that it tidies up after itself; by force if that takes long. */
function endInTime(child: ChildProcess, isGroup: boolean): void {
  const send = (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    try {
      if (isGroup) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // it ended in between, or is of another user, to whom the terminal has sent it
    }
  };
  send('SIGINT');
  setTimeout(() => send('SIGKILL'), killMs).unref();
}
