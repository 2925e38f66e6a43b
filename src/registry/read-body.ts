/** Reads the body of an answer as a whole, if it is small enough. */
import type { Dispatcher } from 'undici';
import { isServiceError } from '../errors.ts';
import { reasonOf, TryLater } from '../outbound/retry.ts';

/** What reading needs. */
export interface BodyReading {
  readonly limitBytes: number;
  /** What it is, for the message of an error. */
  readonly what: string;
  readonly signal: AbortSignal;
  fail(problem: string): Error;
}

/** @throws TryLater if it breaks off. */
export async function readBody(
  body: Dispatcher.ResponseData['body'],
  { limitBytes, what, signal, fail }: BodyReading,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw fail(`it sends more than ${limitBytes} bytes for ${what}`);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (isServiceError(cause)) throw cause;
    throw new TryLater(`it broke off ${what}: ${reasonOf(cause)}`, { cause });
  }
  return Buffer.concat(chunks);
}
