/** All io types, and how to find the one for a schema or a value. */
import { bigint } from './bigint.ts';
import { bytes } from './bytes.ts';
import { date } from './date.ts';
import { blob, file } from './file.ts';
import { image } from './image.ts';
import { envelopeKeyword, type IoType, ioKeyword, isParcel, type ParcelType, type Schema } from './io-type.ts';
import { map } from './map.ts';
import { sequence } from './sequence.ts';
import { serverEvent } from './server-event.ts';
import { set } from './set.ts';
import { table } from './table-type.ts';
import { tensor } from './tensor-type.ts';
import { typedArray } from './typed-array.ts';
import { url } from './url.ts';

// In this order a value is asked for its kind: a File is a Blob, too.
const ioTypes: readonly IoType[] = [
  date,
  url,
  bigint,
  map,
  set,
  bytes,
  typedArray,
  tensor,
  table,
  image,
  file,
  blob,
  serverEvent,
  sequence,
];

const byName: ReadonlyMap<unknown, IoType> = new Map(ioTypes.map((type) => [type.name, type]));
const byTag: ReadonlyMap<string, IoType> = new Map(ioTypes.flatMap((type) => type.tags.map((tag) => [tag, type])));
const parcelTypes = ioTypes.filter(
  (type): type is IoType & { readonly parcel: ParcelType } => type.parcel !== undefined,
);

/** Media types of bodies that are a value of some io type as a whole. */
export const foreignMediaTypes: ReadonlySet<string> = new Set(
  ioTypes.flatMap(({ bodies }) => [...(bodies?.keys() ?? [])]),
);

/** The io type that a schema names for its values. */
export function ioTypeOf(schema: Schema): IoType | undefined {
  return byName.get(schema[ioKeyword]);
}

/** The io type that a schema says is around its values. */
export function envelopeOf(schema: Schema): IoType | undefined {
  return byName.get(schema[envelopeKeyword]);
}

/** The schema of an item, of a schema whose values come item by item. */
export function itemsOf(schema: Schema): Schema | undefined {
  return ioTypeOf(schema)?.itemsOf?.(schema);
}

/** Whether a crossing form is a parcel of this io type. */
export function isParcelOf(type: IoType, crossing: unknown): boolean {
  return Array.isArray(crossing) && isParcel(crossing) && ioTypeOfParcel(crossing[0]) === type;
}

/** What a Python server describes in its own words, as ours would; `undefined` where its words are JSON Schema. */
export function recognise(words: Schema): Schema | undefined {
  for (const type of ioTypes) {
    const schema = type.recognise?.(words);
    if (schema) return schema;
  }
  return undefined;
}

/** The io type of a parcel. */
export function ioTypeOfParcel(mark: RegExp): IoType | undefined {
  return byName.get(mark.source);
}

/** The io type of an object that crosses as it is. */
export function ioTypeOfCrossing(value: object): IoType | undefined {
  return byTag.get(Object.prototype.toString.call(value));
}

/** The io type of an object that must be packed to cross. */
export function ioTypeToPack(value: object, isKept: boolean): (IoType & { readonly parcel: ParcelType }) | undefined {
  return parcelTypes.find(({ parcel }) => parcel.holds(value, isKept));
}
