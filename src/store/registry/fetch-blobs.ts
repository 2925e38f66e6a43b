/** Fetches blobs into a folder, going on where an earlier try has ended, be it of another process. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inLanes } from '../../outbound/in-lanes.ts';
import { sumTransfers, type TransferSum } from '../../outbound/sum-transfers.ts';
import type { Descriptor } from '../../registry/manifest.ts';
import type { Repository } from '../../registry/registry.ts';
import { claimPart } from '../part.ts';
import { replaceByLink } from '../replace-file.ts';
import { isOfRoom, isSystemError } from '../store-error.ts';

/** Where blobs are fetched to. */
interface BlobPlace {
  readonly home: string;
  /** Folder that the blobs are put into under {@link fileNameOf} their digest. */
  readonly into: string;
  nowMs(): number;
}

const atOnce = 4; // as Docker, which takes 3 down and 5 up
const keptMs = 7 * 24 * 3_600_000; // what is left of a transfer that nobody takes up again

/** The name of the file of a blob: Windows has no colons in names. */
export const fileNameOf = (digest: string) => digest.replace(':', '-');

/**
 * Makes all of them present, each digest once.
 * @param failed is aborted by the first failure; `signal` is of both.
 * @returns what removes what others could still have taken over.
 */
export async function fetchBlobs(
  wanted: readonly Descriptor[],
  repository: Repository,
  { home, into, nowMs }: BlobPlace,
  { failed, signal }: { readonly failed: AbortController; readonly signal: AbortSignal },
  onProgress: (sum: TransferSum) => void,
): Promise<() => Promise<void>> {
  const folder = join(home, 'tmp', 'bentots-blobs');
  await mkdir(folder, { recursive: true });
  await sweep(folder, nowMs());
  const once = [...new Map(wanted.map((one) => [one.digest, one])).values()];
  const sizes = once.map(({ size }) => size);
  const begin = sumTransfers(sizes, onProgress);
  const forget = async () => {
    for (const file of once.map(({ digest }) => join(folder, fileNameOf(digest)))) {
      for (const one of [file, `${file}.part`]) await rm(one, { force: true }).catch(() => {}); // it goes later
    }
  };
  const fetching = inLanes(once, atOnce, failed, async (descriptor) => {
    const onBytes = begin(descriptor.size);
    await fetchOne(descriptor, { folder, into, repository, signal, onBytes });
    onBytes(descriptor.size);
  });
  await fetching.catch((error) => forgetIfFull(error, forget));
  return forget;
}

/** Of a full disk nothing is left for the next try: it takes the room that whoever has to tidy up needs. */
export async function forgetIfFull(error: unknown, forget: () => Promise<void>): Promise<never> {
  if (isOfRoom(error)) await forget();
  throw error;
}

async function fetchOne(
  descriptor: Descriptor,
  {
    folder,
    into,
    repository,
    signal,
    onBytes,
  }: {
    readonly folder: string;
    readonly into: string;
    readonly repository: Repository;
    readonly signal: AbortSignal;
    onBytes(bytes: number): void;
  },
): Promise<void> {
  const name = fileNameOf(descriptor.digest);
  for (;;) {
    const claimed = await claimPart(name, folder, signal);
    if (claimed) {
      try {
        await repository.download(descriptor, claimed.file, onBytes);
      } catch (error) {
        await claimed.release().catch(() => {}); // the first error is the one to tell
        throw error;
      }
      await rename(claimed.file, join(folder, name));
    }
    if (await takeOver(join(folder, name), join(into, name))) return;
  }
}

/** Gets it under a name of ours; false if whoever else needed it has removed it already. */
async function takeOver(from: string, to: string): Promise<boolean> {
  try {
    await replaceByLink(from, to); // a process beside may have put it there
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

async function sweep(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const stats = await stat(file).catch(() => undefined); // it went away
    if (stats && nowMs - stats.mtimeMs > keptMs) await rm(file, { force: true }).catch(() => {}); // not ours
  }
}
