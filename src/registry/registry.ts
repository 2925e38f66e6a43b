/** A repository of a registry: its manifests and blobs, read and written as the OCI distribution specification says. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { isServiceError, ServiceError } from '../errors.ts';
import { type HashedFile, isOfDisk, openHashed } from '../outbound/hashed-file.ts';
import { reasonOf, retry, TryLater } from '../outbound/retry.ts';
import type { RegistryAccess } from './access.ts';
import { type Connection, connect, type RegistryAnswer } from './connection.ts';
import { follow } from './follow.ts';
import { type Descriptor, digestOf, type Index, mediaTypes, readManifest } from './manifest.ts';
import { readBody } from './read-body.ts';
import { isDigest, type OciReference } from './reference.ts';

/** A blob to be sent. */
export interface BlobSource {
  readonly descriptor: Descriptor;
  /** Its bytes from an offset on. */
  open(offset: number): Uint8Array | Readable;
}

/** A manifest as it was sent. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** How sending a blob ended. */
export type Sent = 'sent' | 'there' | 'mounted';

/** One repository; leaving the block closes its connections. */
export interface Repository extends AsyncDisposable {
  /** What a tag or a digest means now; undefined if there is no such manifest. */
  find(tagOrDigest: string): Promise<Descriptor | undefined>;
  /** @throws ServiceError `REGISTRY_ITEM_MISSING` */
  fetchManifest(tagOrDigest: string): Promise<FetchedManifest>;
  /** Writes a manifest, or an index, under a tag or under its own digest. */
  sendManifest(bytes: Buffer, mediaType: string, tag?: string): Promise<Descriptor>;
  /** A small blob, as a whole. */
  fetchBlob(descriptor: Descriptor): Promise<Buffer>;
  /**
   * Makes a file the blob, going on behind what is in it already; a file that is another one begins anew.
   * @param onBytes is told how many bytes there are, which may become fewer.
   */
  download(descriptor: Descriptor, file: string, onBytes: (bytes: number) => void): Promise<void>;
  /**
   * Sends a blob that is not there yet.
   * @param from another repository of this registry that may have it already.
   */
  sendBlob(
    source: BlobSource,
    options?: { readonly from?: string | undefined; onBytes?(bytes: number): void },
  ): Promise<Sent>;
  /** Has a manifest found from the one that it is about, its `subject`. */
  attach(manifest: Buffer, mediaType: string, subject: Descriptor, artifactType: string): Promise<Descriptor>;
}

/** What is done there: who only reads asks for no more than that. */
export interface RepositoryUse {
  readonly isWritten?: boolean;
  /** Repositories of the same registry from which blobs may be taken over. */
  readonly mountsFrom?: readonly string[];
}

const manifestLimitBytes = 4 * 1024 * 1024; // as registries: distribution-spec, "Pushing Manifests"
const blobLimitBytes = 16 * 1024 * 1024; // of those that are read as a whole
const wholeBytes = 16 * 1024 * 1024; // a blob up to that is sent in one piece
const pieceBytes = 64 * 1024 * 1024; // what has to be sent again after a connection was lost
const refusesPieces = [400, 405, 411, 415, 416, 501];

/** Opens a repository; nothing is asked yet. */
export async function openRepository(
  { registry, repository }: Pick<OciReference, 'registry' | 'repository'>,
  access: RegistryAccess,
  { isWritten = false, mountsFrom = [] }: RepositoryUse = {},
): Promise<Repository> {
  const scopes = [
    `repository:${repository}:${isWritten ? 'pull,push' : 'pull'}`,
    ...mountsFrom.map((name) => `repository:${name}:pull`),
  ];
  const connection = await connect({ registry, repository }, scopes, access);
  const base = `/v2/${repository}`;
  const fail = (problem: string, cause?: unknown) =>
    new ServiceError('REGISTRY_FAILED', { registry, problem }, { cause });
  const nameOf = (tagOrDigest: string) => `${repository}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`;
  const accept = Object.values(mediaTypes.manifests).join(', ');

  /** Tries as often as is worth it, and says in the end why it did not go well. */
  const patiently = async <T>(run: () => Promise<T>, progress?: () => number): Promise<T> => {
    try {
      return await retry(access, run, progress);
    } catch (error) {
      if (error instanceof TryLater) throw fail(error.message, error);
      throw error;
    }
  };

  const readWhole = ({ body }: RegistryAnswer, limitBytes: number, what: string): Promise<Buffer> =>
    readBody(body, { limitBytes, what, signal: access.signal, fail });

  const fetchIfThere = (tagOrDigest: string): Promise<FetchedManifest | undefined> =>
    patiently(async () => {
      const what = `the manifest of ${nameOf(tagOrDigest)}`;
      const to = `${base}/manifests/${tagOrDigest}`;
      const answer = await connection.ask({ method: 'GET', to, headers: { accept }, what, expects: [200, 404] });
      if (answer.status === 404) return void (await answer.body.dump());
      const bytes = await readWhole(answer, manifestLimitBytes, what);
      const claimed = answer.header('docker-content-digest');
      const wanted = isDigest(tagOrDigest) ? tagOrDigest : claimed;
      const digest = digestOf(bytes, isDigest(wanted) ? wanted : undefined);
      if (wanted !== '' && digest !== wanted)
        throw fail(`it sends another manifest of ${nameOf(tagOrDigest)} than ${wanted}`);
      return {
        descriptor: {
          mediaType: answer.header('content-type').split(';', 1)[0]?.trim() ?? '',
          digest,
          size: bytes.length,
        },
        bytes,
      };
    });

  const find: Repository['find'] = (tagOrDigest) =>
    patiently(async () => {
      const what = `the manifest of ${nameOf(tagOrDigest)}`;
      const to = `${base}/manifests/${tagOrDigest}`;
      const answer = await connection.ask({ method: 'HEAD', to, headers: { accept }, what, expects: [200, 404, 405] });
      await answer.body.dump();
      if (answer.status === 404) return undefined;
      const [digest, size] = [answer.header('docker-content-digest'), answer.header('content-length')];
      if (answer.status === 200 && isDigest(digest) && /^\d{1,15}$/.test(size)) {
        return { mediaType: answer.header('content-type'), digest, size: Number(size) };
      }
      return (await fetchIfThere(tagOrDigest))?.descriptor; // a registry of few words
    });

  const sendManifest = (bytes: Buffer, mediaType: string, tag?: string, onSubject?: (isKnown: boolean) => void) =>
    patiently(async () => {
      const digest = digestOf(bytes);
      const answer = await connection.ask({
        method: 'PUT',
        to: `${base}/manifests/${tag ?? digest}`,
        headers: { 'content-type': mediaType },
        body: () => bytes,
        what: `writing the manifest of ${nameOf(tag ?? digest)}`,
        expects: [200, 201, 202],
      });
      await answer.body.dump();
      onSubject?.(answer.header('oci-subject') !== '');
      return { mediaType, digest, size: bytes.length };
    });

  const listByTag = async (subject: string): Promise<Index | undefined> => {
    const fetched = await fetchIfThere(fallbackTag(subject));
    if (!fetched) return undefined;
    const index = readManifest(fetched.bytes, fail);
    return 'manifests' in index ? index : undefined;
  };

  return {
    find,
    async fetchManifest(tagOrDigest) {
      const found = await fetchIfThere(tagOrDigest);
      if (found) return found;
      throw new ServiceError('REGISTRY_ITEM_MISSING', { registry, item: nameOf(tagOrDigest) });
    },
    sendManifest: (bytes, mediaType, tag) => sendManifest(bytes, mediaType, tag),
    fetchBlob: (descriptor) =>
      patiently(async () => {
        const what = `the blob ${descriptor.digest}`;
        if (descriptor.size > blobLimitBytes)
          throw fail(`${what} has ${descriptor.size} bytes, far more than it should`);
        const answer = await askForBlob(connection, base, descriptor, 0);
        const bytes = await readWhole(answer, descriptor.size, what);
        if (bytes.length < descriptor.size)
          throw new TryLater(`it sent ${bytes.length} of the ${descriptor.size} bytes of ${what}`);
        if (digestOf(bytes, descriptor.digest) !== descriptor.digest) throw fail(`it sends other bytes for ${what}`);
        return bytes;
      }),
    async download(descriptor, file, onBytes) {
      await using writable = await open(file, constants.O_RDWR | constants.O_CREAT, 0o644);
      const { size: sizeBytes } = descriptor;
      const startHash = () => createHash(algorithmOf(descriptor.digest));
      const part = await openHashed(writable, file, { sizeBytes, startHash }, onBytes);
      for (let wasWrong = false; ; wasWrong = true) {
        const more = () => append(part, descriptor, { connection, base, fail });
        await patiently(more, () => part.bytes);
        if (part.digest() === descriptor.digest.slice(descriptor.digest.indexOf(':') + 1)) break;
        await part.clear(); // what was there already may have been broken
        if (wasWrong) throw fail(`it sends other bytes for the blob ${descriptor.digest}`);
      }
      await writable.datasync(); // it is whole, also after the power has gone
    },
    sendBlob: (source, { from, onBytes = () => {} } = {}) =>
      sendBlob(source, from, { connection, base, repository, patiently, fail, onBytes }),
    async attach(manifest, mediaType, subject, artifactType) {
      let isKnown = false;
      const sent = await sendManifest(manifest, mediaType, undefined, (known) => {
        isKnown = known;
      });
      if (isKnown) return sent;
      // https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#referrers-tag-schema
      const before = (await listByTag(subject.digest))?.manifests ?? [];
      const manifests = [...before.filter(({ digest }) => digest !== sent.digest), { ...sent, artifactType }];
      const index = { schemaVersion: 2, mediaType: mediaTypes.manifests.index, manifests };
      await sendManifest(Buffer.from(JSON.stringify(index)), mediaTypes.manifests.index, fallbackTag(subject.digest));
      return sent;
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

const algorithmOf = (digest: string) => digest.slice(0, digest.indexOf(':'));
const fallbackTag = (digest: string) => digest.replace(':', '-').slice(0, 128);

interface Within {
  readonly connection: Connection;
  readonly base: string;
  fail(problem: string, cause?: unknown): Error;
}

async function askForBlob(
  connection: Connection,
  base: string,
  { digest }: Descriptor,
  offset: number,
): Promise<RegistryAnswer> {
  const answer = await connection.ask({
    method: 'GET',
    to: `${base}/blobs/${digest}`,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    what: `the blob ${digest}`,
    expects: [200, 206, 404],
  });
  if (answer.status !== 404) return answer;
  await answer.body.dump();
  throw new ServiceError('REGISTRY_ITEM_MISSING', { registry: connection.registry, item: `blob ${digest}` });
}

/** One try. */
async function append(part: HashedFile, descriptor: Descriptor, { connection, base, fail }: Within): Promise<void> {
  const { digest, size } = descriptor;
  if (part.bytes === size) return;
  const answer = await askForBlob(connection, base, descriptor, part.bytes);
  const begins = /^bytes (\d+)-/.exec(answer.header('content-range'))?.[1];
  const goesOn = answer.status === 206 && Number(begins) === part.bytes;
  if (!goesOn && part.bytes > 0) await part.clear();
  if (answer.status === 206 && !goesOn) {
    answer.body.destroy();
    throw new TryLater(`it sends another part of the blob ${digest} than was asked for`);
  }
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (part.bytes + chunk.length > size) {
        await part.clear();
        throw fail(`it sends more of the blob ${digest} than the ${size} bytes that it has`);
      }
      await part.write(chunk);
    }
  } catch (cause) {
    connection.access.signal.throwIfAborted();
    if (isServiceError(cause) || isOfDisk(cause)) throw cause;
    throw new TryLater(`it broke off the blob ${digest}: ${reasonOf(cause)}`, { cause });
  }
  if (part.bytes < size) throw new TryLater(`it sent ${part.bytes} of the ${size} bytes of the blob ${digest}`);
}

interface Sending extends Within {
  readonly repository: string;
  patiently<T>(run: () => Promise<T>, progress?: () => number): Promise<T>;
  onBytes(bytes: number): void;
}

async function sendBlob(source: BlobSource, from: string | undefined, sending: Sending): Promise<Sent> {
  const { connection, base, repository, patiently, onBytes } = sending;
  const { digest, size } = source.descriptor;
  const what = `sending the blob ${digest} to ${repository}`;
  const isThere = await patiently(async () => {
    const answer = await connection.ask({ method: 'HEAD', to: `${base}/blobs/${digest}`, what, expects: [200, 404] });
    await answer.body.dump();
    return answer.status === 200;
  });
  if (isThere) {
    onBytes(size);
    return 'there';
  }
  let canMount = from !== undefined && from !== repository;
  let takesPieces = size > wholeBytes;
  let sentBytes = 0;
  return patiently(
    async () => {
      sentBytes = 0;
      onBytes(0);
      const mount = canMount ? `?${new URLSearchParams({ mount: digest, from: String(from) })}` : '';
      canMount = false;
      const begun = await connection.ask({
        method: 'POST',
        to: `${base}/blobs/uploads/${mount}`,
        headers: { 'content-length': '0' },
        what,
        expects: [201, 202],
      });
      await begun.body.dump();
      if (begun.status === 201) {
        onBytes(size);
        return 'mounted';
      }
      let to = locationOf(begun, sending);
      if (takesPieces) {
        const after = await sendPieces(source, to, begun, {
          ...sending,
          what,
          onBytes: (bytes) => {
            sentBytes = Math.max(sentBytes, bytes);
            onBytes(bytes);
          },
        });
        if (after === 'lost') throw new TryLater(`it no longer knows what it had of the blob ${digest}`);
        if (after === 'refused') {
          takesPieces = false;
          throw new TryLater('it takes no blobs in pieces');
        }
        to = after.to;
      }
      const ended = await connection.ask({
        method: 'PUT',
        to: withDigest(to, digest),
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(takesPieces ? 0 : size) },
        ...(takesPieces ? {} : { body: () => source.open(0) }),
        what,
        expects: [201, 204],
      });
      await ended.body.dump();
      onBytes(size);
      return 'sent';
    },
    () => sentBytes,
  );
}

/** @returns where it is ended; or that the registry takes no pieces, or no longer knows of them. */
async function sendPieces(
  source: BlobSource,
  begunAt: string,
  begun: RegistryAnswer,
  sending: Sending & { readonly what: string },
): Promise<{ readonly to: string } | 'refused' | 'lost'> {
  const { connection, what, patiently, onBytes } = sending;
  const { size } = source.descriptor;
  const least = Number(begun.header('oci-chunk-min-length'));
  const piece = Math.max(pieceBytes, Number.isSafeInteger(least) ? least : 0);
  let [to, offset] = [begunAt, 0];
  let isUnsure = false; // how much of the last piece it has
  while (offset < size) {
    const next = await patiently<'refused' | 'lost' | undefined>(
      async () => {
        if (isUnsure) {
          const now = await askWhere(to, sending);
          if (!now) return 'lost';
          [to, offset] = now;
          onBytes(offset);
          if (offset === size) return undefined;
        }
        isUnsure = true;
        const end = Math.min(size, offset + piece);
        const answer = await connection.ask({
          method: 'PATCH',
          to,
          headers: {
            'content-type': 'application/octet-stream',
            'content-length': String(end - offset),
            'content-range': `${offset}-${end - 1}`,
          },
          body: () => cut(source.open(offset), end - offset),
          what,
          expects: [202, 204, 404, ...(offset === 0 ? refusesPieces : [])],
        });
        await answer.body.dump();
        isUnsure = false;
        if (answer.status >= 400) return answer.status === 404 && offset > 0 ? 'lost' : 'refused';
        to = locationOf(answer, sending);
        offset = end;
        onBytes(offset);
        return undefined;
      },
      () => offset,
    );
    if (next !== undefined) return next;
  }
  return { to };
}

/** How far an upload has come; undefined if it is no longer known. */
async function askWhere(
  to: string,
  sending: Sending & { readonly what: string },
): Promise<[to: string, offset: number] | undefined> {
  const answer = await sending.connection.ask({ method: 'GET', to, what: sending.what, expects: [200, 202, 204, 404] });
  await answer.body.dump();
  if (answer.status === 404) return undefined;
  const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.header('range'))?.[1];
  const location = answer.header('location');
  // A registry says `0-0` of nothing, and of one byte: the rest of a piece is worth nothing then.
  const offset = last === undefined || last === '0' ? 0 : Number(last) + 1;
  return [location === '' ? to : locationOf(answer, sending), offset];
}

/** So many bytes of the beginning. */
function cut(bytes: Uint8Array | Readable, length: number): Uint8Array | Readable {
  if (bytes instanceof Uint8Array) return bytes.subarray(0, length);
  async function* some() {
    let left = length;
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      yield chunk.subarray(0, left);
      left -= Math.min(left, chunk.length);
      if (left === 0) break;
    }
  }
  return Readable.from(some(), { objectMode: false });
}

function locationOf(answer: RegistryAnswer, { fail }: Within): string {
  const location = answer.header('location');
  if (location === '') throw fail('it does not say where a blob is sent to');
  return follow(location, answer.url, fail).href;
}

function withDigest(to: string, digest: string): string {
  const url = new URL(to);
  url.searchParams.set('digest', digest);
  return url.href;
}
