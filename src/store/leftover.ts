/** Folders that belong to one process: named so that others know a leftover, and kept fresh so that they know it is none. */
import { randomUUID } from 'node:crypto';
import { lstat, readdir, rm, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAlive, namespaceOfProcesses } from './process-identity.ts';

const beatMs = 10 * 60_000;
const staleMs = 24 * 3_600_000; // a laptop that slept over night goes on with its download

/** A name for a folder of this process: it says whose it is, so that there is no moment at which nobody knows. */
export function nameOwnFolder(prefix: string): string {
  return [prefix, namespaceOfProcesses(), process.pid, randomUUID()].join('_');
}

/** Says now and then that it is in use, until the function that is given is called. */
export function keepFresh(folder: string): () => void {
  const beat = setInterval(() => void utimes(folder, new Date(), new Date()).catch(() => {}), beatMs); // gone: it is over
  beat.unref();
  return () => clearInterval(beat);
}

/** Whether a folder has such a name, and the process is no more. */
async function isLeftover(prefix: string, folder: string, nowMs: number): Promise<boolean> {
  const [mark, namespace, pid, id] = basename(folder).split('_');
  if (mark !== prefix || id === undefined || !/^\d+$/.test(String(pid))) return false;
  const stats = await lstat(folder).catch(() => undefined); // it went away
  // Of another user it could become a link to something else while it is being removed.
  if (!stats?.isDirectory() || stats.uid !== (process.getuid?.() ?? stats.uid)) return false;
  return nowMs - stats.mtimeMs > staleMs || (namespace === namespaceOfProcesses() && !isAlive(Number(pid)));
}

/** Removes what processes left that are no more. */
export async function removeLeftovers(prefix: string, place: string, nowMs: number): Promise<void> {
  for (const name of await readdir(place)) {
    const folder = join(place, name);
    if (!(await isLeftover(prefix, folder, nowMs))) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => {}); // not ours to remove, or somebody else does it
  }
}
