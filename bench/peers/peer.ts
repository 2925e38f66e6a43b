/** Starts a server as its users do, from the command line, and says when it was ready. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../free-port.ts';
import { pidsOf } from '../process-tree.ts';

/** A program that serves the bench's service. */
export interface Peer {
  readonly name: string;
  readonly command: string;
  /** Its arguments, given a port. */
  args(port: number): readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A running peer. */
export interface RunningPeer extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  /** From the start of the process to the first 200 of `/readyz`. */
  readonly readyMs: number;
}

const root = resolve(import.meta.dirname, '../..');
const environment = join(import.meta.dirname, '.venv');

/** bentots as it is built here. */
export const bentots: Peer = {
  name: 'bentots',
  command: process.execPath,
  args: (port) => [
    join(root, 'bin/bento.js'),
    'serve',
    join(import.meta.dirname, 'service.ts'),
    '--port',
    String(port),
    '--log-format',
    'json',
  ],
  env: {},
};

/** BentoML of the requirements, as it comes or with a bound on what it works on at once. */
export function bentoml(name: string, maxConcurrency: number): Peer {
  const env = { PEERS_MAX_CONCURRENCY: String(maxConcurrency) };
  return bentomlService(name, { folder: import.meta.dirname, target: 'adder:Adder', env });
}

interface BentomlService {
  readonly folder: string;
  /** Module and class. */
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A service of a folder, served by BentoML of the requirements. */
export function bentomlService(name: string, { folder, target, env }: BentomlService): Peer {
  return {
    name,
    command: join(environment, 'bin/bentoml'),
    args: (port) => ['serve', target, '--working-dir', folder, '--host', '127.0.0.1', '--port', String(port)],
    env: { ...env, BENTOML_DO_NOT_TRACK: 'True', PYTHONDONTWRITEBYTECODE: '1' },
  };
}

/** A script that listens on the port that it is given, run by the Python that has the requirements. */
export function pythonScript(name: string, script: string, env: Readonly<Record<string, string>>): Peer {
  return {
    name,
    command: join(environment, 'bin/python'),
    args: (port) => [script, String(port)],
    env: { ...env, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

/**
 * Makes a virtual environment with the peers in it, unless the requirements are installed already.
 * @throws if they cannot be: nothing is compared with peers that are not there.
 */
export function ensureEnvironment(): void {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8').trim().split('\n');
  const python = join(environment, 'bin/python');
  const frozen = existsSync(python) ? spawnSync(python, ['-m', 'pip', 'freeze'], { encoding: 'utf8' }).stdout : '';
  const installed = frozen.split('\n');
  if (wanted.every((one) => installed.includes(one))) return;
  console.error(`installing ${wanted.join(', ')} into bench/peers/.venv (250 MB)`);
  run('python3', ['-m', 'venv', '--clear', environment]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
}

function run(program: string, words: readonly string[]): void {
  const { status, error } = spawnSync(program, words, { stdio: 'inherit' });
  if (status === 0) return;
  throw new Error(
    `${program} ${words.slice(0, 3).join(' ')} … failed${error ? `: ${error.message}` : ''}; the bench needs Python 3.9 or newer with venv`,
  );
}

const readyWithinMs = 60_000;
const graceMs = 5000;

/** Starts a peer on a free port and waits until it says that it is ready. */
export async function startPeer(peer: Peer): Promise<RunningPeer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const home = mkdtempSync(join(tmpdir(), 'bentots-peers-'));
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'a');
  const startedMs = performance.now();
  const child = spawn(peer.command, peer.args(port), {
    cwd: home,
    env: { ...process.env, ...peer.env, BENTOML_HOME: home },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const stop = async () => {
    const [, ...others] = pidsOf(child.pid as number); // it runs, or has ended, and then there is nobody else
    const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(late);
    for (const pid of others) endIfThere(pid); // LitServe leaves its own behind
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await Promise.race([
      untilReady(url, startedMs + readyWithinMs),
      exited.then(() => {
        throw new Error(`${peer.name} ended:\n${readFileSync(logFile, 'utf8')}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const readyMs = performance.now() - startedMs;
  return { pid: child.pid as number, url, port, readyMs, [Symbol.asyncDispose]: stop }; // it has answered
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended with the first one
  }
}

async function untilReady(url: string, untilMs: number): Promise<void> {
  while (performance.now() < untilMs) {
    try {
      const response = await fetch(`${url}/readyz`);
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // nothing listens yet
    }
    await new Promise((wake) => setTimeout(wake, 5));
  }
  throw new Error(`${url} was not ready within ${readyWithinMs} ms`);
}
