/** The part of a file that a caller asks for, with the headers that say so. */
import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ServiceError } from '../../errors.ts';
import { type FileContent, type FileOnDisk, isOnDisk } from '../../io/file-content.ts';
import { type ByteRange, decideRange, type RangeHeaders } from './ranges.ts';
import { type FilePart, lengthOf } from './send-body.ts';

/** What is sent. */
interface Found {
  readonly part: Uint8Array | FileOnDisk;
  /** Where it lies, if it is not the whole. */
  readonly range?: ByteRange;
}

/**
 * Finds the part, and sets the headers of its answer, or of the error that there is none.
 * @throws ServiceError `RANGE_INVALID`
 */
export async function findPart(
  content: FileContent,
  asked: RangeHeaders,
  headers: Record<string, string | string[]>,
  headersOfError: Record<string, string | string[]>,
): Promise<Found> {
  headers.etag ??= await etagOf(content);
  headers['accept-ranges'] = 'bytes';
  const size = lengthOf(content);
  const range = decideRange(asked, String(headers.etag), size);
  if (range === 'whole') return { part: content };
  if (range === 'none') {
    headersOfError['content-range'] = `bytes */${size}`; // RFC 9110 section 15.5.17
    throw new ServiceError('RANGE_INVALID', { range: asked.range?.slice(0, 60) ?? '', size });
  }
  headers['content-range'] = `bytes ${range.start}-${range.end}/${size}`;
  return { part: cut(content, range), range };
}

/** Of the content, and not of when it was made: a caller who was cut off calls again, and gets the rest if it is the same. */
async function etagOf(content: FileContent): Promise<string> {
  const digest = isOnDisk(content) ? await hashFile(content.path) : hash('sha256', content);
  return `"${digest.slice(0, 32)}"`;
}

async function hashFile(path: string): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) sum.update(chunk as Buffer);
  return sum.digest('hex');
}

function cut(content: FileContent, { start, end }: ByteRange): Uint8Array | FilePart {
  return isOnDisk(content) ? { ...content, size: end + 1 - start, start, end } : content.subarray(start, end + 1);
}
