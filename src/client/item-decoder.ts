/** The items of a stream from its bytes, in each of the three ways in which servers write them. */
import type { JsonSchema } from '../spec/service-spec.ts';
import type { CallError } from './call-error.ts';
import { createJsonSplitter } from './json-splitter.ts';
import { parseJson, toCutError } from './read-body.ts';
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
 * Chooses how to read a stream. Only a server of ours says `x-bentoml-stream: sse`; Python servers write strings as they
 * are and everything else as JSON texts one after the other, under the same content type.
 */
export function createItemDecoder(response: Response, output: JsonSchema, url: string): ItemDecoder {
  if (response.headers.get('x-bentoml-stream') === 'sse') return createSseDecoder(url, requestIdOf(response.headers));
  return output.type === 'string' ? createTextDecoder() : createJsonDecoder(url);
}

function createSseDecoder(url: string, requestId: string | undefined): ItemDecoder {
  const parser = createSseParser();
  return {
    push: (bytes) =>
      parser.push(bytes).flatMap(({ type, data }): Piece[] => {
        if (type === 'message') return [toItem(data, url)];
        if (type === 'error') return [{ kind: 'error', error: toStreamError(data, url, requestId) }];
        return type === 'end' ? [{ kind: 'end' }] : []; // later servers may say more
      }),
    finish: () => [{ kind: 'error', error: toCutError(url) }],
  };
}

function createTextDecoder(): ItemDecoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const toPieces = (text: string): Piece[] => (text === '' ? [] : [{ kind: 'item', value: text }]);
  return {
    push: (bytes) => toPieces(decoder.decode(bytes, { stream: true })),
    finish: () => [...toPieces(decoder.decode()), { kind: 'end' }],
  };
}

function createJsonDecoder(url: string): ItemDecoder {
  const decoder = new TextDecoder();
  const splitter = createJsonSplitter();
  return {
    push: (bytes) => splitter.push(decoder.decode(bytes, { stream: true })).map((json) => toItem(json, url)),
    finish: () => [splitter.rest() === '' ? { kind: 'end' } : { kind: 'error', error: toCutError(url) }],
  };
}

function toItem(json: string, url: string): Piece {
  try {
    return { kind: 'item', value: parseJson(json, url) };
  } catch (error) {
    return { kind: 'error', error: error as CallError }; // parseJson raises nothing else
  }
}
