/** Fetches one file of a hub into its blob: from where the last try stopped, and only what its checksum fits. */
import { createHash, type Hash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type HashedFile, isOfDisk, openHashed } from '../../outbound/hashed-file.ts';
import { reasonOf, retry } from '../../outbound/retry.ts';
import { claimPart } from '../part.ts';
import { createFileFetch, endpointOf, type HubConnection, HubUnreachable, silenceMs } from './hub-fetch.ts';
import { type HubFile, HubRefusal } from './hub-model.ts';

/** Gives the bytes of a file from an offset on, fetched with the `fetch` that it is given. */
export type OpenFile = (file: HubFile, offset: number, fetchFile: typeof fetch) => Promise<ReadableStream<Uint8Array>>;

/**
 * Makes the blob of a file present. Whoever else fetches it in the meantime is waited for.
 * @param onBytes is told how many bytes there are, which may become fewer.
 */
export async function downloadFile(
  file: HubFile,
  blobs: string,
  connection: HubConnection,
  openFile: OpenFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const claimed = await claimPart(file.digest, blobs, connection.signal);
  if (!claimed) return onBytes(file.sizeBytes);
  try {
    await using handle = await open(claimed.file, 'r+');
    const { digest, sizeBytes } = file;
    const startHash = () => hashOf(digest, sizeBytes);
    const part = await openHashed(handle, claimed.file, { sizeBytes, startHash }, onBytes);
    await fetchRest(part, file, connection, openFile);
    await handle.datasync(); // a blob that is there is whole, also after the power has gone
  } catch (error) {
    await claimed.release().catch(() => {}); // the first error is the one to tell
    throw error;
  }
  await rename(claimed.file, join(blobs, file.digest));
}

async function fetchRest(
  part: HashedFile,
  file: HubFile,
  connection: HubConnection,
  openFile: OpenFile,
): Promise<void> {
  let wasWrong = false;
  for (;;) {
    const fetchMore = async () => {
      if (part.bytes < file.sizeBytes) await append(part, file, connection, openFile);
    };
    await retry(connection, fetchMore, () => part.bytes);
    if (part.digest() === file.digest) return;
    await part.clear();
    if (wasWrong) {
      throw new HubRefusal(
        `${endpointOf(connection)} sends another ${file.path} of ${connection.model.modelId} than it lists: the checksum is not ${file.digest}`,
      );
    }
    wasWrong = true; // what was there already may have been broken
  }
}

/** One try. */
async function append(part: HashedFile, file: HubFile, connection: HubConnection, openFile: OpenFile): Promise<void> {
  const endpoint = endpointOf(connection);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMs);
  let failure: Error | undefined;
  let isWhole = false; // a server that knows no ranges begins anew
  const fetchFile = createFileFetch(connection, AbortSignal.any([connection.signal, silence.signal]), (answer) => {
    if (answer instanceof Error) failure = answer;
    else isWhole = answer.status !== 206;
  });
  try {
    let isFirst = true;
    for await (const chunk of await openFile(file, part.bytes, fetchFile)) {
      timer.refresh();
      if (isFirst && isWhole && part.bytes > 0) await part.clear();
      isFirst = false;
      if (part.bytes + chunk.byteLength > file.sizeBytes) {
        await part.clear();
        throw new HubRefusal(`${endpoint} sends more of ${file.path} than the ${file.sizeBytes} bytes that it lists`);
      }
      await part.write(chunk);
    }
  } catch (cause) {
    connection.signal.throwIfAborted();
    if (cause instanceof HubRefusal || isOfDisk(cause)) throw cause;
    throw failure ?? new HubUnreachable(`${endpoint} broke off ${file.path}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  if (part.bytes < file.sizeBytes) {
    throw new HubUnreachable(`${endpoint} sent ${part.bytes} of the ${file.sizeBytes} bytes of ${file.path}`);
  }
}

/** A large file is known by its SHA-256, a small one by the name that git gives it. */
function hashOf(digest: string, sizeBytes: number): Hash {
  if (digest.length === 64) return createHash('sha256');
  return createHash('sha1').update(`blob ${sizeBytes}\0`);
}
