/** Values that hold items in a row: arrays, and what their io types say of others. All in the form that crosses. */
import { isParcel, type RowType, type Schema } from './io-type.ts';
import { ioTypeOf, ioTypeOfCrossing, ioTypeOfParcel } from './io-types.ts';
import { Misfit } from './misfit.ts';

const list: RowType = {
  hasDimensions: false,
  count: ({ length }: readonly unknown[]) => length,
  likeness: () => '',
  cut: (items: readonly unknown[], from, to) => items.slice(from, to),
  join: (values: readonly (readonly unknown[])[]) => values.flat(),
  empty: () => [],
};

/** How the values of a declared type hold items; undefined if they do not, or the schema does not say. */
export function rowTypeOf(schema: Schema): RowType | undefined {
  const type = ioTypeOf(schema);
  if (type) return type.row;
  return schema.type === 'array' && schema.prefixItems === undefined ? list : undefined;
}

function rowTypeOfValue(value: unknown): RowType | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return ioTypeOfCrossing(value)?.row;
  return isParcel(value) ? ioTypeOfParcel(value[0])?.row : list;
}

/** How many items a value holds; undefined if it is none that does. */
export function countItems(value: unknown, dim: number): number | undefined {
  return rowTypeOfValue(value)?.count(value as never, dim); // its own type
}

/** What has to be the same in values whose items are put in one row. */
export function likenessOf(value: unknown, dim: number): string {
  return rowTypeOfValue(value)?.likeness(value as never, dim) ?? '';
}

/** How long a value is: as many as it has items, or what its io type says. */
export function lengthOf(value: unknown): number | undefined {
  if (Array.isArray(value) && isParcel(value)) {
    const type = ioTypeOfParcel(value[0]);
    if (type?.lengthOf) return type.lengthOf(value as never); // its own type
  }
  return countItems(value, 0);
}

/** How long each item is, where the value says that of all of them. */
export function itemLengthOf(value: unknown, dim: number): number | undefined {
  return rowTypeOfValue(value)?.itemLength?.(value as never, dim);
}

/** Some of the items, as a value of the same kind. */
export function cutItems(value: unknown, from: number, to: number, dim: number): unknown {
  return rowTypeOfValue(value)?.cut(value as never, from, to, dim);
}

/** The items of several values, at least one, as one value. @throws Misfit if they are not alike. */
export function joinItems(values: readonly unknown[], dim: number): unknown {
  if (values.length === 1) return values[0];
  const type = rowTypeOfValue(values[0]);
  const likeness = type?.likeness(values[0] as never, dim);
  for (const value of values) {
    if (rowTypeOfValue(value) !== type || type?.likeness(value as never, dim) !== likeness)
      throw new Misfit(
        'row',
        'cannot stand in one row with others, since they are not alike: they have other shapes or names',
      );
  }
  return type?.join(values as never[], dim);
}
