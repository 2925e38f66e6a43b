/** One kind of value that JSON has no word for: how it is written in JSON, and how it crosses to another process. */

import type { KeepOnDisk, OpenFile } from './file-content.ts';
import type { LibraryName } from './libraries.ts';

/** A part of a JSON Schema document. */
export type Schema = { readonly [keyword: string]: unknown };

/** Says in a schema which io type writes its values. */
export const ioKeyword = 'x-io-type';

/** Says in a schema which io type is wrapped around its values, with more than they say themselves. */
export const envelopeKeyword = 'x-envelope';

/** What the values of one call have in common while they are read. */
export interface ReadCall {
  /** Sizes of the named dimensions of tensors that were met so far. */
  readonly dimensions: Map<string, number>;
}

/**
 * A kind of value. It has up to three forms: JSON; the form in which it *crosses* between processes, which a structured
 * clone keeps (a `Date` crosses as it is); and the one that an author's method gets, where that is another one.
 */
export interface IoType {
  /** Stands in schemas under {@link ioKeyword}. */
  readonly name: string;
  /** `Object.prototype.toString` of the crossing forms, for example `[object Date]`; none if it crosses as a parcel. */
  readonly tags: readonly string[];
  /**
   * JSON that fits the schema, whose parts were read already → the form that crosses.
   * @throws Misfit
   */
  read(json: unknown, schema: Schema, call: ReadCall): unknown;
  /**
   * The form that crosses → JSON; `inner` writes what it holds.
   * @throws Misfit
   */
  write(crossing: never, inner: (value: unknown) => unknown): unknown;
  /** For kinds whose values do not survive a structured clone. */
  readonly parcel?: ParcelType;
  /** What a caller is asked for in place of a wrong value; without it the JSON types of the schema. */
  readonly asked?: string;
  /** For kinds that a request may bring in another form than JSON. */
  readonly ready?: ReadyParcels;
  /** For kinds that stand around a value of another type: in schemas they stand under {@link envelopeKeyword}. */
  readonly envelope?: Envelope;
  /** For kinds whose values come item by item: the schema of an item. */
  itemsOf?(schema: Schema): Schema;
  /** Media types of bodies that are a value of it as a whole, beside JSON. */
  readonly bodies?: ReadonlyMap<string, ForeignReader>;
  /** What Python clients find for it in `/schema.json`, where that is not JSON Schema. */
  describe?(schema: Schema): Schema;
  /** The way back: the schema of what a Python server describes so, if it is of this type. */
  recognise?(words: Schema): Schema | undefined;
  /** For kinds whose values hold items in a row. */
  readonly row?: RowType;
  /** How long a value is that holds no items, for whoever measures it: the bytes of a file. */
  lengthOf?(crossing: never): number;
  /** How TypeScript writes the type of its values; none where the schema without it says that. An envelope gets the schema of what is inside. */
  typeText?(schema: Schema, write: TypeTextWriter): string;
}

/** What a reader of requests may put where a type is declared, in place of JSON: the part of a form, a tensor of a frame. */
export interface ReadyParcels {
  /** Names of the io types whose parcels are taken. */
  readonly kinds: readonly string[];
  /** Whether a caller may give the address of one instead. */
  readonly byAddress?: boolean;
  /**
   * A parcel of such a kind → the one of this type.
   * @throws Misfit if what is in it does not fit the schema.
   */
  accept(parcel: Parcel, schema: Schema, call: ReadCall): unknown;
}

/** What makes JSON of a body in a media type of its own. */
export interface ForeignReader {
  /** Library that {@link read} is given. */
  readonly needs: LibraryName;
  /**
   * The body → JSON, which is checked afterwards.
   * @param schema with the `$defs` that it refers to.
   * @param jsonDepthLimit of JSON that is in it.
   * @throws ServiceError `MALFORMED_BODY`.
   */
  read(body: Uint8Array, schema: Schema, library: never, jsonDepthLimit: number): unknown;
}

/** What it takes to write a type that holds others. */
export interface TypeTextWriter {
  /** The type of a part of the schema. */
  inner(part: unknown): string;
  /** The type that only this text has. */
  literal(text: string): string;
  /** Notes that a name has to be imported from `bentots/client`, and gives it. */
  imported(name: string): string;
}

/** How the items of several values are put in one row, and apart again, all in the form that crosses. */
export interface RowType {
  /** Whether items may stand along another dimension than the first. */
  readonly hasDimensions: boolean;
  /** How many items there are; undefined if it has no such dimension. */
  count(value: never, dim: number): number | undefined;
  /** What has to be the same in values whose items are put in one row. */
  likeness(value: never, dim: number): string;
  /** How long each item is, where all of them are equally long. */
  itemLength?(value: never, dim: number): number | undefined;
  cut(value: never, from: number, to: number, dim: number): unknown;
  /** @param values of one likeness, at least one. */
  join(values: readonly never[], dim: number): unknown;
  /** A value without items. */
  empty(schema: Schema, dim: number): unknown;
  /** What keeps a declared type from being one of rows of any length along the dimension, as it reads after the name of the parameter. */
  problem?(schema: Schema, dim: number): string | undefined;
}

/** How values that do not survive a structured clone cross all the same. */
export interface ParcelType {
  /** Whether a value in an author's hands is of this kind. @param isKept whether there is where to keep it on disk. */
  holds(value: object, isKept: boolean): boolean;
  /**
   * Adds to the parcel what it takes to make the value again; what takes time may be added later.
   * @param keep writes to disk what is large; without it everything crosses in memory.
   */
  pack(value: never, fields: unknown[], keep: KeepOnDisk | undefined): void | Promise<void>;
  /** The first field with what lies on disk at hand, as `unpack` takes it. */
  open?(first: unknown, openFile: OpenFile): Promise<unknown>;
  unpack(fields: readonly unknown[]): unknown;
}

/** How to get at the value inside of a crossing form. */
export interface Envelope {
  open(crossing: never): unknown;
  /** The same around another value. */
  replace(crossing: never, value: unknown): unknown;
}

/**
 * The form in which a value crosses that would not survive otherwise: a mark with the name of its io type, then what it
 * is made of. The mark is a regular expression, which JSON cannot say and no declared type allows: nobody outside can send
 * something that is taken for a parcel.
 */
export type Parcel = readonly [mark: RegExp, ...fields: unknown[]];

/** Whether a value is a parcel. */
export function isParcel(value: readonly unknown[]): value is Parcel {
  return value[0] instanceof RegExp;
}
