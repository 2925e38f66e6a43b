/** Lets ready values stand in a body where JSON would have had to spell them out. */
import { type IoType, ioKeyword, isParcel } from '../io/io-type.ts';
import { ioTypeOf } from '../io/io-types.ts';
import { mapSubschemas } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** Holds for a parcel of one of the kinds that are its value; see {@link admitParcels}. */
export const parcelKeyword = 'x-parcel';

/**
 * A copy of a schema by which a parcel of a kind that its place admits fits, and everything else as before. Whether what
 * is in the parcel fits the type is for the reader to say: see `ReadyParcels`.
 *
 * @param kindsOf what is admitted where a type is declared; else what a request may bring.
 */
export function admitParcels(
  schema: JsonSchema,
  kindsOf: (type: IoType) => readonly string[] | undefined = ({ ready }) => ready?.kinds,
): JsonSchema {
  const { $defs, ...rest } = mapSubschemas(schema, (inner) => admitParcels(inner, kindsOf));
  const type = schema[ioKeyword] === undefined ? undefined : ioTypeOf(schema);
  const kinds = type && kindsOf(type);
  const admitting = kinds ? { if: { [parcelKeyword]: kinds }, else: rest } : rest;
  return { ...admitting, ...($defs === undefined ? {} : { $defs }) };
}

/** Whether a value is a parcel of one of these kinds. */
export function isParcelOf(kinds: readonly string[], value: unknown): boolean {
  return Array.isArray(value) && isParcel(value) && kinds.includes(value[0].source);
}
