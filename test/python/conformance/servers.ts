/** Runs the services of this folder, ours and those of BentoML for Python, side by side. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startService } from 'bentots/testing';
import { freePort } from '../../../bench/free-port.ts';
import { pythonEnvironment, pythonProgram } from '../python.ts';

/** The services that both files have. */
export type ServiceName = 'Conformance' | 'Narrow' | 'Ill' | 'Pair' | 'Prefixed';

/** One service, served by one of the two. */
export interface Server {
  readonly isOurs: boolean;
  readonly url: string;
  /** What it has logged. */
  log(): string;
}

const here = fileURLToPath(new URL('.', import.meta.url));

/** Serves one by bentots. */
export async function startOurs(name: ServiceName): Promise<Server & AsyncDisposable> {
  const running = await startService(`${here}service.ts:${name}`);
  return {
    isOurs: true,
    url: running.url,
    log: () => running.log.map((line) => JSON.stringify(line)).join('\n'),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

const answersWithinMs = 60_000;

/** Serves one by BentoML. */
export async function startTheirs(name: ServiceName, env: NodeJS.ProcessEnv = {}): Promise<Server & AsyncDisposable> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const home = mkdtempSync(join(tmpdir(), 'bentots-conformance-'));
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'a');
  const words = ['-c', 'from bentoml_cli.cli import cli; cli()', 'serve', `service:${name}`];
  const child = spawn(pythonProgram, [...words, '--working-dir', here, '--host', '127.0.0.1', '--port', String(port)], {
    cwd: home,
    env: { ...pythonEnvironment(home), ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const ended = exited.then(() => {
    throw new Error(`bentoml serve ended:\n${readFileSync(logFile, 'utf8')}`);
  });
  ended.catch(() => {}); // told below, or expected
  try {
    await Promise.race([untilItAnswers(url), ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { isOurs: false, url, log: () => readFileSync(logFile, 'utf8'), [Symbol.asyncDispose]: stop };
}

/** Whatever it answers: one of them is never ready. */
async function untilItAnswers(url: string): Promise<void> {
  const signal = AbortSignal.timeout(answersWithinMs);
  while (!signal.aborted) {
    try {
      await (await fetch(`${url}/schema.json`, { signal })).arrayBuffer(); // never below a prefix
      return;
    } catch {
      await new Promise((wake) => setTimeout(wake, 20)); // nothing listens yet
    }
  }
  throw new Error(`${url} did not answer within ${answersWithinMs} ms`);
}
