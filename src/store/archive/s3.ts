/** Archives in object stores that speak S3: `s3://bucket/key`, written and read in pieces of a constant size. */

import { open } from 'node:fs/promises';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { findObjectStore } from '../../config/object-store.ts';
import { isServiceError, ServiceError } from '../../errors.ts';
import { importPeer } from '../../peer.ts';
import { isSystemError } from '../store-error.ts';

/** Where an object is. */
export interface S3Place {
  readonly bucket: string;
  /** Empty where only the bucket is named. */
  readonly key: string;
}

const scheme = 's3://';

/**
 * Reads an address; undefined for what is none.
 * @throws ServiceError `ARCHIVE_INVALID`
 */
export function parseS3(text: string): S3Place | undefined {
  if (!text.toLowerCase().startsWith(scheme)) return undefined;
  const [, bucket = '', key = ''] = /^([^/]*)\/?(.*)$/s.exec(text.slice(scheme.length)) ?? [];
  if (bucket.includes('@') || bucket.includes(':')) {
    // What stands before the sign may be a password.
    throw invalid(
      `${scheme}…`,
      'no credentials, no port and no colon go into it; the environment or ~/.aws say who you are',
    );
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw invalid(text, 'it must be s3://bucket/key, and a bucket has 3 to 63 of a-z, 0-9, "." and "-"');
  if (Buffer.byteLength(key) > 1024) throw invalid(text, 'the key is longer than the 1024 bytes that S3 has room for');
  return { bucket, key };
}

export const printS3 = ({ bucket, key }: S3Place) => `${scheme}${bucket}/${key}`;

const leastPartBytes = 8 * 1024 * 1024; // S3 takes 5 MiB and more, and each part costs a round trip
const mostParts = 9000; // of 10,000, since what is packed can be a little larger than what it is of
const partsAtOnce = 4; // which are held in memory
const idleMs = 60_000;

/**
 * Writes an object: whole or not at all, also where `write` fails half way.
 * @param plainBytes about how large it becomes; the parts are chosen for that.
 * @throws ServiceError `ARCHIVE_INVALID`, `PEER_MISSING`; what `write` throws passes as it is.
 */
export async function writeObject(
  place: S3Place,
  plainBytes: number,
  write: (to: Writable) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const client = await openClient(place);
  const send = client.send.bind(client) as (command: unknown, options: object) => unknown;
  // The upload itself would wait, and try again, for the parts that are under way.
  client.send = ((command: unknown) => send(command, signal ? { abortSignal: signal } : {})) as typeof client.send;
  const { Upload } = await importPeer('@aws-sdk/lib-storage', printS3(place), () => import('@aws-sdk/lib-storage'));
  const bytes = new PassThrough({ highWaterMark: 1024 * 1024 });
  const upload = new Upload({
    client,
    params: { Bucket: place.bucket, Key: place.key, Body: bytes, ContentType: 'application/octet-stream' },
    partSize: Math.max(leastPartBytes, Math.ceil(plainBytes / mostParts)),
    queueSize: partsAtOnce,
  });
  const interrupted = Promise.withResolvers<never>();
  const giveUp = () => {
    bytes.destroy(signal?.reason as Error);
    interrupted.reject(signal?.reason);
  };
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted) giveUp();
  const sending = Promise.race([upload.done(), interrupted.promise]).catch((error: unknown) => {
    bytes.destroy(); // whoever writes waits no longer
    throw error;
  });
  const writing = write(bytes).catch((error: Error) => {
    bytes.destroy(error); // the upload is given up, and its parts with it
    throw error;
  });
  try {
    const [sent, written] = await Promise.allSettled([sending, writing]);
    if (written.status === 'rejected' && !isClosed(written.reason)) throw written.reason;
    if (sent.status === 'rejected') throw toError(place, sent.reason);
    if (written.status === 'rejected') throw written.reason;
  } finally {
    signal?.removeEventListener('abort', giveUp);
    client.destroy();
    if (signal?.aborted && upload.uploadId !== undefined) await takeAwayParts(place, upload.uploadId);
  }
}

const takeAwayWithinMs = 5000;

/** What is in the way of it is not told: whoever interrupted does not wait for long, and buckets can expire such parts. */
async function takeAwayParts(place: S3Place, uploadId: string): Promise<void> {
  const client = await openClient(place);
  try {
    const { AbortMultipartUploadCommand } = await loadClient(place);
    const request = new AbortMultipartUploadCommand({ Bucket: place.bucket, Key: place.key, UploadId: uploadId });
    await client.send(request, { abortSignal: AbortSignal.timeout(takeAwayWithinMs) }).catch(() => {});
  } finally {
    client.destroy();
  }
}

/** The other end of a broken pipe only says that it is broken. */
const isClosed = (error: unknown) => /premature|closed|destroyed|aborted/i.test(String(error));

/**
 * Copies an object into a new file; a line that is cut is gone on with where it was.
 * @throws ServiceError `ARCHIVE_INVALID`, `PEER_MISSING`; errors of the disk pass as they are.
 */
export async function readObject(place: S3Place, into: string, signal?: AbortSignal): Promise<void> {
  const client = await openClient(place);
  const { GetObjectCommand } = await loadClient(place);
  try {
    await using file = await open(into, 'wx');
    let at = 0;
    let whole: { readonly bytes: number; readonly etag: string } | undefined;
    for (let triesLeft = 4; ; triesLeft--) {
      const range = whole && at > 0 ? { Range: `bytes=${at}-`, IfMatch: whole.etag } : {};
      const found = await client
        .send(
          new GetObjectCommand({ Bucket: place.bucket, Key: place.key, ...range }),
          signal && { abortSignal: signal },
        )
        .catch((error) => {
          signal?.throwIfAborted();
          throw toError(place, error);
        });
      if (whole && at > 0 && !found.ContentRange?.startsWith(`bytes ${at}-`))
        throw invalid(printS3(place), `its line was cut at ${at} bytes, and the server does not give the rest alone`);
      whole ??= { bytes: found.ContentLength ?? Number.NaN, etag: found.ETag ?? '' };
      const before = at;
      let cut: unknown;
      try {
        for await (const chunk of untilIdle(found.Body as Readable)) {
          signal?.throwIfAborted();
          at += chunk.length;
          if (at > whole.bytes)
            throw invalid(printS3(place), `more bytes come than the ${whole.bytes} that it says it has`);
          await file.writeFile(chunk);
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (isServiceError(error) || isOfDisk(error)) throw error;
        cut = error;
      }
      if (at === whole.bytes || (Number.isNaN(whole.bytes) && cut === undefined)) return;
      if (at > before) triesLeft = 4;
      if (triesLeft === 0 || whole.etag === '') {
        const problem = `it ends before it should: ${at} of ${whole.bytes} bytes came, and no more; try again`;
        throw invalid(printS3(place), problem, cut);
      }
      await wait(100 * 2 ** (4 - triesLeft));
    }
  } finally {
    client.destroy();
  }
}

const isOfDisk = (error: unknown) => isSystemError(error) && ['write', 'open', 'fsync'].includes(String(error.syscall));

/** A line on which nothing comes is a line that is cut. */
async function* untilIdle(body: Readable): AsyncGenerator<Uint8Array> {
  const late = () => body.destroy(new Error(`nothing came for ${idleMs / 1000} s`));
  let timer = setTimeout(late, idleMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk as Uint8Array; // a stream of bytes
      timer = setTimeout(late, idleMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function openClient(place: S3Place): Promise<S3Client> {
  const { S3Client } = await loadClient(place);
  const { endpoint, region } = findObjectStore();
  return new S3Client({
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: idleMs },
    // Other stores than Amazon's rarely have a name for each bucket in the DNS, and have one region.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: region ?? 'us-east-1' }),
  });
}

function loadClient(place: S3Place) {
  return importPeer('@aws-sdk/client-s3', printS3(place), () => import('@aws-sdk/client-s3'));
}

/** What the SDK or the server says, by its name. */
const problems: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket; make it first, or check its name and AWS_ENDPOINT_URL_S3',
  NoSuchKey: 'there is no such object',
  NotFound: 'there is no such object',
  AccessDenied: 'access is denied; these credentials may not read or write it',
  Forbidden: 'access is denied; these credentials may not read or write it',
  InvalidAccessKeyId: 'the access key is not known there; check the credentials',
  SignatureDoesNotMatch: 'the secret key is not the one of the access key; check the credentials',
  ExpiredToken: 'the credentials have expired; sign in again',
  CredentialsProviderError:
    'no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in with the aws command',
  PreconditionFailed: 'it was replaced while it was read; try again',
  NoSuchUpload: 'the upload was given up by somebody else; try again',
  ECONNREFUSED: 'nothing listens at the address of the store; check AWS_ENDPOINT_URL_S3',
  ENOTFOUND: 'the address of the store is not known; check AWS_ENDPOINT_URL_S3 and the network',
  TimeoutError: 'the store did not answer in time; try again',
};

function toError(place: S3Place, cause: unknown): ServiceError {
  if (isServiceError(cause)) return cause;
  const { name = '', code = '', message = String(cause) } = cause as { name?: string; code?: string; message?: string };
  const isRegion = /region is missing/i.test(message);
  const known = isRegion ? 'the region is not known; set AWS_REGION' : (problems[name] ?? problems[code]);
  return invalid(printS3(place), known ?? `the store refused it: ${name}: ${message.slice(0, 300)}`, cause);
}

function invalid(archive: string, problem: string, cause?: unknown): ServiceError<'ARCHIVE_INVALID'> {
  return new ServiceError('ARCHIVE_INVALID', { archive, problem }, { cause });
}
