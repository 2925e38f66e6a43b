/** Checks that no item of an array is found twice, in time that grows with the array and not with its square. */
import type { FuncKeywordDefinition, SchemaValidateFunction } from 'ajv';

const check: SchemaValidateFunction = (wanted: boolean, items: readonly unknown[]): boolean => {
  const seen = new Map<unknown, number>();
  for (let i = 0; wanted && i < items.length; i++) {
    const key = keyOf(items[i]);
    const j = seen.get(key);
    if (j !== undefined) {
      check.errors = [{ keyword: 'uniqueItems', params: { i, j } }];
      return false;
    }
    seen.set(key, i);
  }
  return true;
};

/** Takes the place of the validator's own, which compares every item with every other unless all are of one plain type. */
export const uniqueItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  errors: 'full',
  validate: check,
};

/** The same for equal values: numbers and words stand for themselves, objects for their text with sorted keys. */
function keyOf(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return typeof item === 'string' ? `"${item}` : item;
  return JSON.stringify(item, (_, inner: unknown) => (isObject(inner) ? sorted(inner) : inner));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
