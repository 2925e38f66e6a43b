/** `AsyncIterable` as a parameter: in JSON an array of its items. */
import type { IoType, Schema } from './io-type.ts';

/** The schema of an `AsyncIterable`. */
export function sequenceSchema(item: unknown): Record<string, unknown> {
  return { type: 'array', items: item, 'x-io-type': 'async-iterable' };
}

export const sequence: IoType = {
  name: 'async-iterable',
  tags: [],
  read: (json) => [/async-iterable/, json],
  itemsOf: ({ items }) => items as Schema, // as written above
  write: ([, items]: readonly [RegExp, readonly unknown[]], inner) => items.map(inner),
  parcel: {
    holds: (value) => Symbol.asyncIterator in value,
    async pack(value: AsyncIterable<unknown>, fields) {
      const items: unknown[] = [];
      fields.push(items);
      for await (const item of value) items.push(item);
    },
    unpack: ([items]) => iterate(items as readonly unknown[]), // packed above
  },
  typeText: (schema, { inner }) => `AsyncIterable<${inner(schema.items)}>`,
};

async function* iterate(items: readonly unknown[]): AsyncGenerator<unknown, void, undefined> {
  yield* items;
}
