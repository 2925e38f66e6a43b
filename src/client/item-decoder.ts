/** The items of a stream from its bytes, in each of the three ways in which servers write them. */
import { envelopeKeyword } from '../io/io-type.ts';
import { ServerEvent, serverEvent } from '../io/server-event.ts';
import type { CallError } from './call-error.ts';
import { createJsonSplitter } from './json-splitter.ts';
import { type AnswerReader, toCutError, toValue } from './read-body.ts';
import { requestIdOf, toStreamError } from './read-error.ts';
import { createSseParser } from './sse-parser.ts';

/** What a stream says next; nothing follows an end or an error. */
export type Piece =
  | { readonly kind: 'item'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: CallError }
  | { readonly kind: 'end' };

/** Turns bytes into pieces; never throws, so that items before an error are not lost. */
export interface ItemDecoder {
  push(bytes: Uint8Array): Piece[];
  /** What the end of the body means. */
  finish(): Piece[];
}

/**
 * Chooses how to read a stream. Only a server of ours says `x-bentoml-stream: sse`; Python servers write strings and
 * bytes as they are and everything else as JSON texts one after the other, under the same content type.
 */
export function createItemDecoder(response: Response, reader: AnswerReader): ItemDecoder {
  if (response.headers.get('x-bentoml-stream') === 'sse')
    return createSseDecoder(reader, requestIdOf(response.headers));
  const { type, format } = reader.output;
  if (type === 'string') return format === 'binary' ? bytesDecoder : createTextDecoder();
  return createJsonDecoder(reader);
}

function createSseDecoder(reader: AnswerReader, requestId: string | undefined): ItemDecoder {
  const parser = createSseParser();
  const hasEvents = reader.output[envelopeKeyword] === serverEvent.name;
  return {
    push: (bytes) =>
      parser.push(bytes).flatMap(({ type, data, id, retryMs }): Piece[] => {
        if (type === 'error') return [{ kind: 'error', error: toStreamError(data, reader.url, requestId) }];
        if (type === 'end') return [{ kind: 'end' }];
        if (!hasEvents) return type === 'message' ? [toItem(data, reader)] : []; // later servers may say more
        const piece = toItem(data, reader);
        if (piece.kind !== 'item') return [piece];
        const fields = { event: type === 'message' ? undefined : type, id, retryMs };
        return [{ kind: 'item', value: new ServerEvent(piece.value, fields) }];
      }),
    finish: () => [{ kind: 'error', error: toCutError(reader.url) }],
  };
}

/** Bytes come as they come: where an item ends, nothing says. */
const bytesDecoder: ItemDecoder = {
  push: (bytes) => [{ kind: 'item', value: bytes }],
  finish: () => [{ kind: 'end' }],
};

function createTextDecoder(): ItemDecoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const toPieces = (text: string): Piece[] => (text === '' ? [] : [{ kind: 'item', value: text }]);
  return {
    push: (bytes) => toPieces(decoder.decode(bytes, { stream: true })),
    finish: () => [...toPieces(decoder.decode()), { kind: 'end' }],
  };
}

function createJsonDecoder(reader: AnswerReader): ItemDecoder {
  const decoder = new TextDecoder();
  const splitter = createJsonSplitter();
  return {
    push: (bytes) => splitter.push(decoder.decode(bytes, { stream: true })).map((json) => toItem(json, reader)),
    finish: () => [splitter.rest() === '' ? { kind: 'end' } : { kind: 'error', error: toCutError(reader.url) }],
  };
}

function toItem(json: string, { readOutput, url }: AnswerReader): Piece {
  try {
    return { kind: 'item', value: toValue(json, readOutput, url) };
  } catch (error) {
    return { kind: 'error', error: error as CallError }; // `toValue` raises nothing else
  }
}
