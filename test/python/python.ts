/** Runs BentoML for Python on the stores of a test. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestHome } from '../store/home.ts';

const interpreter = process.env.TEST_PYTHON;
if (interpreter === undefined) throw new Error('these tests need BentoML for Python; run: npm run test:python');

/** Python with BentoML in it. */
export const pythonProgram = interpreter;

/** What it is run with: stores of its own, nobody told of the use, no files left between the sources. */
export function pythonEnvironment(home: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    BENTOML_HOME: home,
    BENTOML_DO_NOT_TRACK: 'True',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
  };
}

/** Runs a program; gives what it printed. @throws Error with what it said, if it fails. */
export function python({ home }: TestHome, code: string, ...args: readonly string[]): string {
  return run(home, ['-c', code, ...args]);
}

/**
 * Runs a program beside this one, which may be what it calls; gives what it printed.
 * @throws Error if it fails; what it said is on standard error.
 */
export async function pythonBeside(...args: readonly string[]): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'bentots-python-'));
  const child = spawn(pythonProgram, args, { env: pythonEnvironment(home), stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  rmSync(home, { recursive: true, force: true });
  if (status !== 0) throw new Error(`python ended with ${status}:\n${said}`);
  return said;
}

/** Runs the command `bentoml`. */
export function bentoml({ home }: TestHome, ...args: readonly string[]): string {
  return run(home, ['-c', 'from bentoml_cli.cli import cli; cli()', ...args]);
}

function run(home: string, args: readonly string[]): string {
  const env = pythonEnvironment(home);
  const { status, stdout, stderr } = spawnSync(pythonProgram, args, { env, encoding: 'utf8', cwd: home });
  if (status !== 0) throw new Error(`python ended with ${status}:\n${stderr}\n${stdout}`);
  return stdout;
}
