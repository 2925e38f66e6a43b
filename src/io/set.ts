/** `Set`: an array of items in JSON, each different from the others. */
import type { IoType } from './io-type.ts';
import { within } from './misfit.ts';

/** The schema of a `Set`. */
export function setSchema(item: unknown): Record<string, unknown> {
  return { type: 'array', items: item, uniqueItems: true, 'x-io-type': 'set' };
}

export const set: IoType = {
  name: 'set',
  tags: ['[object Set]'],
  read: (json) => new Set(json as readonly unknown[]), // as the schema says
  write: (value: ReadonlySet<unknown>, inner) => Array.from(value, (item, at) => within(at, () => inner(item))),
  typeText: (schema, { inner }) => `Set<${inner(schema.items)}>`,
};
