/** Keeps layers that are the same each time, so that they are made once. */
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { findHome } from '../../config/home.ts';
import { fileNameOf } from '../../store/registry/fetch-blobs.ts';
import { replaceByLink, replaceFile } from '../../store/replace-file.ts';
import { linkFile } from '../../store/tree.ts';
import type { Layer } from './write-layer.ts';

/** A layer, and what is known beside it. */
export interface KeptLayer<T> {
  readonly layer: Layer;
  readonly note: T;
}

const keptMs = 30 * 24 * 3_600_000; // one that nobody has used for so long goes

/** A layer, and whether it was kept. */
export interface FoundLayer<T> extends KeptLayer<T> {
  readonly isKept: boolean;
}

/**
 * The layer that was kept under a key, or the one that is made now, in a file of the caller.
 * @param key says all that is in it; undefined if nothing does.
 */
export async function keepLayer<T>(
  key: string | undefined,
  file: string,
  make: () => Promise<KeptLayer<T>>,
): Promise<FoundLayer<T>> {
  if (key === undefined) return { ...(await make()), isKept: false };
  const folder = join(findHome(), 'oci', 'layers');
  const noted = join(folder, `${key}.json`);
  // By its own digest: of two that were made at once each note has the layer that it is about.
  const placeOf = ({ descriptor }: Layer) => join(folder, `${fileNameOf(descriptor.digest)}.tar`);
  try {
    const { layer, note } = JSON.parse(await readFile(noted, 'utf8')) as KeptLayer<T>; // written below, whole
    await linkFile(placeOf(layer), file);
    if ((await stat(file)).size !== layer.descriptor.size) throw new Error('it was cut');
    for (const one of [noted, placeOf(layer)]) await utimes(one, new Date(), new Date()); // it is in use
    return { layer: { ...layer, file }, note, isKept: true };
  } catch {
    await rm(file, { force: true }); // there is none, or not all of it: it is made again
  }
  const made = await make();
  try {
    await mkdir(folder, { recursive: true });
    await sweep(folder);
    await replaceByLink(made.layer.file, placeOf(made.layer));
    await replaceFile(noted, JSON.stringify(made)); // last: before it there is none
  } catch {
    // there is no room for it
  }
  return { ...made, isKept: false };
}

/** Removes files of a folder that nobody has used for long. */
export async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const stats = await stat(join(folder, name)).catch(() => undefined); // it went away
    if (stats && Date.now() - stats.mtimeMs > keptMs) await rm(join(folder, name), { force: true }).catch(() => {}); // not ours
  }
}
