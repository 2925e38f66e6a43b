/** `Date`: RFC 3339 text in JSON. */
import type { IoType, Schema } from './io-type.ts';
import { Misfit } from './misfit.ts';

/** The schema of a `Date`. */
export const dateSchema: Schema = { type: 'string', format: 'date-time', 'x-io-type': 'date' };

export const date: IoType = {
  name: 'date',
  tags: ['[object Date]'],
  read(json) {
    const value = new Date(String(json));
    if (Number.isNaN(value.getTime())) throw new Misfit('date', 'must be a moment that a Date can hold'); // a leap second
    return value;
  },
  write(value: Date) {
    if (Number.isNaN(value.getTime())) throw new Misfit('date', 'must be a valid Date, but is an invalid one');
    return value.toISOString();
  },
  typeText: () => 'Date',
};
