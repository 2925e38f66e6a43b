/** Runs the built command as a user would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where servers of tests leave their sockets, not among those of whoever runs the tests. */
const testHome = join(tmpdir(), `bentots-test-home-${process.getuid?.()}`);

const ownProgram = fileURLToPath(new URL('../bin/bento.js', import.meta.url));

/** What a finished command left behind. */
export interface Finished {
  /** Exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves once standard error has the words; rejects if the command ends first. */
  says(words: string): Promise<string>;
  /** The same of standard output, which is the log's. */
  logs(words: string): Promise<string>;
  /** Resolves once the command has ended and everything that it wrote is there. */
  readonly finished: Promise<Finished>;
}

/** Starts `bento` with arguments; `program` is another copy of it. */
export function bento(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly program?: string } = {},
): Running {
  const child = spawn(process.execPath, [options.program ?? ownProgram, ...args], {
    cwd: options.cwd,
    env: { ...process.env, BENTOML_HOME: testHome, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const finished = once(child, 'close').then(([code, signal]) => ({
    end: (signal ?? code) as Finished['end'],
    ...texts,
  }));
  const until = async (name: keyof typeof texts, words: string) => {
    while (!texts[name].includes(words)) {
      const ended = await Promise.race([once(child[name], 'data').then(() => undefined), finished]);
      if (ended && !texts[name].includes(words)) throw new Error(`bento ended with ${ended.end}:\n${ended.stderr}`);
    }
    return texts[name];
  };
  return {
    child,
    finished,
    says: (words) => until('stderr', words),
    logs: (words) => until('stdout', words),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await finished;
    },
  };
}

/** The address that `bento serve` says it serves at. */
export function urlIn(text: string): string {
  const url = /is served at (http:\S+),/.exec(text)?.[1];
  if (url === undefined) throw new Error(`no address in: ${text}`);
  return url;
}
