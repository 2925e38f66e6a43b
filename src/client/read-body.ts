/** Reads the body of an answer: bounded text for errors, or a value as the schema declares it. */
import { chooseAnswerForm, textAnswer } from '../io/answer.ts';
import { unpack } from '../io/crossing.ts';
import { ImageFile, isImageFile } from '../io/image.ts';
import { CallError } from './call-error.ts';
import { parseFileName } from './content-disposition.ts';
import type { RemoteMethod } from './service-schema.ts';

/** Reads at most `limitBytes` as text and gives up the rest. */
export async function readText(response: Response, limitBytes: number, signal: AbortSignal): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let leftBytes = limitBytes;
  while (leftBytes > 0) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    if (done) return text + decoder.decode();
    text += decoder.decode(value.subarray(0, leftBytes), { stream: true });
    leftBytes -= value.length;
  }
  reader.cancel().catch(() => {}); // we have what we wanted; how the rest ends does not matter
  return text;
}

/** What it takes to read an answer. */
export type AnswerReader = Pick<RemoteMethod, 'output' | 'readOutput' | 'url'>;

/** The same, with the form that was asked for. */
type WholeAnswerReader = AnswerReader & Pick<RemoteMethod, 'binaryOutput'>;

/**
 * Reads the whole body as the schema of the output declares it.
 *
 * @throws CallError `RESPONSE_CUT` or `RESPONSE_INVALID`, or the reason of the signal.
 */
export async function readValue(
  response: Response,
  { output, readOutput, url, binaryOutput }: WholeAnswerReader,
  signal: AbortSignal,
): Promise<unknown> {
  const bytes = await readBytes(response, url, signal);
  const mediaType = response.headers.get('content-type') ?? '';
  if (binaryOutput && mediaType === binaryOutput.mediaType) {
    return asPromised(url, () => {
      const value = binaryOutput.decode(bytes, mediaType, output);
      return readOutput ? readOutput(value) : unpack(value);
    });
  }
  const form = chooseAnswerForm(output);
  if (form.takes) {
    const value = asPromised(url, () => unpack(form.decode(bytes, mediaType, output)));
    return withName(value, parseFileName(response.headers.get('content-disposition')));
  }
  if (output.type === 'string' && output.format === 'binary') return bytes;
  if (form === textAnswer) return form.decode(bytes, mediaType, output);
  if (bytes.length === 0) return output.type === 'null' ? null : undefined;
  return toValue(new TextDecoder().decode(bytes), readOutput, url);
}

/** A file or picture with the name that the server gave; a Blob has none. */
function withName(value: unknown, name: string | undefined): unknown {
  if (name === undefined) return value;
  if (value instanceof File) return new File([value], name, { type: value.type });
  return isImageFile(value) ? new ImageFile(value.bytes, { name }) : value;
}

/**
 * One answer or item, from its JSON text.
 * @throws CallError `RESPONSE_INVALID`
 */
export function toValue(text: string, readOutput: AnswerReader['readOutput'], url: string): unknown {
  const json = parseJson(text, url);
  return readOutput ? asPromised(url, () => readOutput(json)) : json;
}

/** @throws CallError `RESPONSE_INVALID` if it cannot be read. */
function asPromised(url: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    throw new CallError(`${url} answered something that its own schema does not allow: ${(cause as Error).message}`, {
      code: 'RESPONSE_INVALID',
      url,
      cause,
    });
  }
}

/** @throws CallError `RESPONSE_INVALID` */
function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CallError(`${url} answered something that is not JSON`, { code: 'RESPONSE_INVALID', url, cause });
  }
}

/** The error for a body that ended too early. */
export function toCutError(url: string, cause?: unknown): CallError {
  return new CallError(`the connection to ${url} ended before the whole answer had come`, {
    code: 'RESPONSE_CUT',
    url,
    cause,
  });
}

async function readBytes(response: Response, url: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal.throwIfAborted();
    throw toCutError(url, cause);
  }
}
