/** Everything that JSON can say. */
import type { IoType } from './io-type.ts';

/** Compact JSON. */
export const json: IoType = {
  mediaType: 'application/json',
  matches: () => true,
  encode: (value) => JSON.stringify(value) ?? 'null',
};
