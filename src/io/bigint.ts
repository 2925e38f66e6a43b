/** `bigint`: decimal text in JSON; whole numbers that JavaScript holds exactly are read, too. */
import type { IoType, Schema } from './io-type.ts';

// Reading and writing takes time that grows with the square of the digits; Python stops at as many.
const maxDigits = 4300;

/** The schema of a `bigint`. */
export const bigintSchema: Schema = {
  type: ['string', 'integer'],
  pattern: '^-?[0-9]+$',
  maxLength: maxDigits,
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  'x-io-type': 'bigint',
};

export const bigint: IoType = {
  name: 'bigint',
  tags: ['[object BigInt]'],
  read: (json) => BigInt(json as string | number), // as the schema says
  write: (value: bigint) => value.toString(),
  typeText: () => 'bigint',
};
