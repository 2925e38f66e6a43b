/** Fetches files whose addresses a caller gives: those of one request one after the other, in the time and size of one. */
import { once } from 'node:events';
import { ServiceError } from '../../errors.ts';
import { fetchPublic } from '../../outbound/fetch-public.ts';
import type { BodyLimits } from './body-reader.ts';
import { toFilePart } from './file-part.ts';
import type { FileSink } from './file-sink.ts';
import { mediaTypeOf } from './media-type.ts';

interface FetchDeps {
  readonly limits: BodyLimits;
  readonly signal: AbortSignal;
  createFile(limitBytes: number): FileSink;
}

/** Makes the function that fetches the files of one request. */
export function createFetcher({ limits, signal, createFile }: FetchDeps): (address: string) => Promise<unknown> {
  const { urls, urlAllow, urlTimeoutMs } = limits.inputs;
  const endsAtMs = performance.now() + urlTimeoutMs;
  let leftBytes = limits.formLimitBytes;
  let before: Promise<unknown> = Promise.resolve();

  const fetchOne = async (address: string): Promise<unknown> => {
    const file = createFile(limits.fileLimitBytes);
    const failed = once(file.stream, 'error', { signal }).then(([error]) => Promise.reject(error));
    failed.catch(() => {}); // asked below
    try {
      const { mediaType, name } = await fetchPublic(address, {
        allowed: urlAllow,
        timeoutMs: Math.max(1, Math.ceil(endsAtMs - performance.now())),
        maxBytes: Math.min(limits.fileLimitBytes, leftBytes),
        signal,
        sink: (chunk) => (file.stream.write(chunk) ? undefined : Promise.race([once(file.stream, 'drain'), failed])),
      });
      file.stream.end();
      await Promise.race([once(file.stream, 'finish'), failed]);
      leftBytes -= file.size;
      return toFilePart({
        content: file.content(),
        mediaType: mediaTypeOf(mediaType),
        name: name === '' ? undefined : name,
      });
    } catch (error) {
      file.stream.destroy();
      throw signal.aborted ? new ServiceError('CANCELLED', {}, { cause: error }) : error;
    }
  };

  return (address) => {
    if (!urls) {
      const problem = 'this server fetches no files; send the file itself';
      return Promise.reject(new ServiceError('URL_REFUSED', { url: JSON.stringify(address.slice(0, 80)), problem }));
    }
    const fetched = before.then(() => fetchOne(address));
    before = fetched.catch(() => {}); // whoever asked for it hears of it
    return fetched;
  };
}
