/** Runs the built command with a limit of how large a file may become, as `ulimit -f` sets it: for root, too. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/bento.js', import.meta.url));

/** @returns how it ended, and what it said of it. */
export async function runLimited(
  limitBytes: number,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly end: number | string; readonly stderr: string }> {
  const blocks = Math.floor(limitBytes / 512); // as POSIX has them, and dash; those of bash have 1024 bytes
  const words = ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, program, ...args];
  const child = spawn('sh', words, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  return { end: signal ?? code, stderr };
}
