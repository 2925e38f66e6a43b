/** Bytes from outside → text. */
import { ServiceError } from '../errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes a body; a byte order mark at its start is left out.
 * @throws ServiceError `MALFORMED_BODY` if it is no UTF-8.
 */
export function decodeUtf8(body: Uint8Array, what = 'the body'): string {
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw new ServiceError('MALFORMED_BODY', { problem: `${what} is not valid UTF-8` }, { cause });
  }
}
