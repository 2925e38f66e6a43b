/** Gets what the types say: from the cache, else from a short-lived process that loads the compiler once for all workers. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type ErrorRecord, fromRecord } from '../errors.ts';
import { cacheFileFor, loadCached } from '../reflect/cache.ts';
import type { ReflectedModule } from '../spec/reflected.ts';
import { lackOfDescriptors } from './descriptors.ts';

/** What the reflecting process writes, as one line of JSON. */
type Answer = { readonly module: ReflectedModule } | { readonly error: ErrorRecord };

/**
 * Reads the types of the services in a file, without running it.
 * @throws ServiceError `TYPE_UNSUPPORTED` or `SOURCE_BROKEN` with file, line and remedy.
 */
export async function reflectTypes(file: string, signal: AbortSignal): Promise<ReflectedModule> {
  const cached = await loadCached(file);
  if (cached) return cached;
  const lack = lackOfDescriptors();
  if (lack !== undefined) throw new Error(`the types of ${file} cannot be read: ${lack}`);
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.resolve('#reflect-main')), file, cacheFileFor(file)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      signal,
    },
  );
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  });
  // Where there are no descriptors left there is no output either, only the error.
  const [output, how] = await Promise.all([child.stdout ? text(child.stdout) : '', ended]);
  const answer = parseAnswer(output);
  if (!answer) throw new Error(`reading the types of ${file} ended with ${how} and without an answer`);
  if ('error' in answer) throw fromRecord(answer.error);
  return answer.module;
}

function parseAnswer(output: string): Answer | undefined {
  try {
    return JSON.parse(output) as Answer; // written by our own process
  } catch {
    return undefined; // it ended in the middle of a line, or printed something else
  }
}
