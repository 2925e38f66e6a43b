/** Lets ready values stand in a body where JSON would have had to spell them out. */
import { ioKeyword, isParcel } from '../io/io-type.ts';
import { ioTypeOf } from '../io/io-types.ts';
import { mapSubschemas } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** Holds for a parcel of one of the kinds that are its value; see {@link admitParcels}. */
export const parcelKeyword = 'x-parcel';

/**
 * A copy of a schema by which a parcel of a kind that its place admits fits, and everything else as before. Whether what
 * is in the parcel fits the type is for the reader to say: see `ReadyParcels`.
 */
export function admitParcels(schema: JsonSchema): JsonSchema {
  const { $defs, ...rest } = mapSubschemas(schema, admitParcels);
  const ready = schema[ioKeyword] === undefined ? undefined : ioTypeOf(schema)?.ready;
  const admitting = ready ? { if: { [parcelKeyword]: ready.kinds }, else: rest } : rest;
  return { ...admitting, ...($defs === undefined ? {} : { $defs }) };
}

/** Whether a value is a parcel of one of these kinds. */
export function isParcelOf(kinds: readonly string[], value: unknown): boolean {
  return Array.isArray(value) && isParcel(value) && kinds.includes(value[0].source);
}
