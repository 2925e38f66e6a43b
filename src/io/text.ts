/** Strings, written as they are. */
import type { IoType } from './io-type.ts';

/** A declared `string` is answered without quotes: clients of the reference read it so. */
export const text: IoType = {
  mediaType: 'text/plain; charset=utf-8',
  matches: (schema) => schema.type === 'string',
  encode: String,
};
