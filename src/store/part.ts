/** A blob that is not whole yet: one process writes it at a time, and the next one goes on where the last one stopped. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isAlive, namespaceOfProcesses } from './process-identity.ts';
import { isSystemError } from './store-error.ts';

const pollMs = 200;
const staleMs = 15 * 60_000; // whoever writes gives up long before

/** A part that this call alone writes. */
export interface Part {
  /** Absolute; moved away by whoever finishes it. */
  readonly file: string;
  /** Leaves what there is to the next one. */
  release(): Promise<void>;
}

/**
 * Claims the part of a blob, which may have a beginning already; waits while another process, or this one, writes it.
 * @returns undefined once the blob is there.
 */
export async function claimPart(blob: string, folder: string, signal: AbortSignal): Promise<Part | undefined> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, blob);
  const free = `${file}.part`;
  for (;;) {
    signal.throwIfAborted();
    if (await isThere(file)) {
      await rm(free, { force: true }); // of one that came too late
      return undefined;
    }
    const others = await partsOf(blob, folder);
    if (others.some(({ isWritten }) => isWritten)) {
      await wait(pollMs, undefined, { signal });
      continue;
    }
    // The name says whose it is, and since when: of two that begin at once the earlier goes on.
    const sinceMicros = Math.round((performance.timeOrigin + performance.now()) * 1000);
    const mine = `${file}.${sinceMicros}_${namespaceOfProcesses()}_${process.pid}_${randomUUID()}.part`;
    const left = others.map(({ name }) => join(folder, name));
    if (!(await takeOver([free, ...left], mine))) await writeFile(mine, '', { flag: 'wx' });
    const part = { file: mine, release: () => rename(mine, free) };
    const isFirst = (await partsOf(blob, folder)).every(
      ({ name, isWritten }) => !isWritten || join(folder, name) >= mine,
    );
    if (isFirst && !(await isThere(file))) return part; // it may have been finished since it was looked for
    await part.release();
  }
}

/** Whoever renames it has it. */
async function takeOver(left: readonly string[], mine: string): Promise<boolean> {
  for (const one of left) {
    try {
      await rename(one, mine);
      return true;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return false;
}

/** Those that somebody writes, and those that a process left which was killed. */
async function partsOf(blob: string, folder: string): Promise<{ name: string; isWritten: boolean }[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${blob}.`));
  const found = names.map(async (name) => {
    const [, namespace, pid] = /\.\d+_([0-9a-f]+)_(\d+)_[0-9a-f-]+\.part$/.exec(name) ?? [];
    if (namespace === undefined) return [];
    const stats = await stat(join(folder, name)).catch(() => undefined); // it went away
    if (!stats) return [];
    const isGone = namespace === namespaceOfProcesses() && !isAlive(Number(pid));
    return [{ name, isWritten: !isGone && Date.now() - stats.mtimeMs < staleMs }];
  });
  return (await Promise.all(found)).flat();
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
