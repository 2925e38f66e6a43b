/** `Map`: an array of entries in JSON. */
import type { IoType } from './io-type.ts';
import { Misfit, within } from './misfit.ts';

/** The schema of a `Map`. */
export function mapSchema(key: unknown, value: unknown): Record<string, unknown> {
  const entry = { type: 'array', prefixItems: [key, value], items: false, minItems: 2, maxItems: 2 };
  return { type: 'array', items: entry, 'x-io-type': 'map' };
}

export const map: IoType = {
  name: 'map',
  tags: ['[object Map]'],
  read(json) {
    const entries = json as readonly (readonly [unknown, unknown])[]; // as the schema says
    const value = new Map<unknown, unknown>();
    for (const [at, [key, inner]] of entries.entries()) {
      if (value.has(key)) within(at, () => refuse(String(key)));
      value.set(key, inner);
    }
    return value;
  },
  write: (value: ReadonlyMap<unknown, unknown>, inner) =>
    Array.from(value, ([key, item], at) =>
      within(at, () => [within(0, () => inner(key)), within(1, () => inner(item))]),
    ),
  typeText(schema, { inner }) {
    const { prefixItems } = (schema.items ?? {}) as { readonly prefixItems?: readonly unknown[] };
    return `Map<${inner(prefixItems?.[0])}, ${inner(prefixItems?.[1])}>`;
  },
};

function refuse(key: string): never {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  throw new Misfit('map', `has the key ${JSON.stringify(shown)} of an entry before it; send each key once`);
}
