/** `Response`: an answer that a method makes itself. Only its body is a value that crosses, as bytes, piece by piece. */
import { bytesSchema } from './bytes.ts';
import type { Schema } from './io-type.ts';

/** The schema of the pieces of its body. */
export const responseSchema: Schema = bytesSchema('Uint8Array');

/** Whether a value is one, of whatever library. */
export function isResponse(value: object): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]';
}
