/** Keeps layers that are the same each time, so that they are made once. */
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findHome } from '../../config/home.ts';
import { linkFile } from '../../store/tree.ts';
import type { Layer } from './write-layer.ts';

/** A layer, and what is known beside it. */
export interface KeptLayer<T> {
  readonly layer: Layer;
  readonly note: T;
}

const keptMs = 30 * 24 * 3_600_000; // one that nobody has used for so long goes

/**
 * The layer that was kept under a key, or the one that is made now, in a file of the caller.
 * @param key says all that is in it; undefined if nothing does.
 */
export async function keepLayer<T>(
  key: string | undefined,
  file: string,
  make: () => Promise<KeptLayer<T>>,
): Promise<KeptLayer<T>> {
  if (key === undefined) return make();
  const kept = join(findHome(), 'oci', 'layers', key);
  try {
    const { layer, note } = JSON.parse(await readFile(`${kept}.json`, 'utf8')) as KeptLayer<T>; // written below, whole or not at all
    await linkFile(`${kept}.tar`, file);
    for (const end of ['.json', '.tar']) await utimes(`${kept}${end}`, new Date(), new Date()); // it is in use
    return { layer: { ...layer, file }, note };
  } catch {
    await rm(file, { force: true }); // there is none, or not all of it: it is made again
  }
  const made = await make();
  try {
    await mkdir(dirname(kept), { recursive: true });
    await sweep(dirname(kept));
    await linkFile(made.layer.file, `${kept}.tar`);
    await writeFile(`${kept}.json`, JSON.stringify(made), { flag: 'wx' });
  } catch {
    // another process has kept it, or there is no room
  }
  return made;
}

/** Removes files of a folder that nobody has used for long. */
export async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const stats = await stat(join(folder, name)).catch(() => undefined); // it went away
    if (stats && Date.now() - stats.mtimeMs > keptMs) await rm(join(folder, name), { force: true }).catch(() => {}); // not ours
  }
}
