/** The types of the language and the platform that cross the wire, with what stands for them in JSON. */
import { bigintSchema } from '../io/bigint.ts';
import { bytesContainers, bytesSchema } from '../io/bytes.ts';
import { dateSchema } from '../io/date.ts';
import { type DType, isDType } from '../io/dtype.ts';
import { fileSchema } from '../io/file.ts';
import { mapSchema } from '../io/map.ts';
import { sequenceSchema } from '../io/sequence.ts';
import { setSchema } from '../io/set.ts';
import { tableSchema } from '../io/table-type.ts';
import { tensorSchema } from '../io/tensor-type.ts';
import { numberArrays, typedArraySchema } from '../io/typed-array.ts';
import { urlSchema } from '../io/url.ts';
import type { TypeDescription, TypeHandle } from './compiler.ts';
import type { Draft } from './definitions.ts';
import { inside, type Place, type TypeWriter } from './place.ts';
import type { Refusal } from './refused.ts';

/** Writes the schema of a type; `undefined` where it cannot stand at this place. */
type Write = (writer: TypeWriter, args: readonly TypeHandle[], place: Place) => Draft | undefined;

const plain =
  (schema: object): Write =>
  () => ({ ...schema });

const map: Write = (writer, [key, value], place) =>
  key && value && mapSchema(writer.write(key, inside(place, '[key]')), writer.write(value, inside(place, '[value]')));

const set: Write = (writer, [item], place) => {
  if (!item) return undefined;
  const schema = setSchema(writer.write(item, inside(place, '[]')));
  if (place.role === 'parameter' || isComparable(writer.describe(item))) return schema;
  const { uniqueItems: _, ...open } = schema; // two objects may say the same and be two
  return open;
};

function isComparable({ shape }: TypeDescription): boolean {
  return ['string', 'number', 'boolean', 'literal', 'bigint', 'template'].includes(shape.kind);
}

/** What a caller sends item by item is a parameter, never part of one. */
const sequence: Write = (writer, [item], place) =>
  item && place.role === 'parameter' && place.depth === 0
    ? sequenceSchema(writer.write(item, inside(place, '[]')))
    : undefined;

/** By the name of the type. */
export const platformTypes: ReadonlyMap<string, Write> = new Map<string, Write>([
  ['Date', plain(dateSchema)],
  ['URL', plain(urlSchema)],
  ['Map', map],
  ['ReadonlyMap', map],
  ['Set', set],
  ['ReadonlySet', set],
  ['Blob', plain(fileSchema('blob'))],
  ['File', plain(fileSchema('file'))],
  ['AsyncIterable', sequence],
  ...bytesContainers.map((name): [string, Write] => [name, plain(bytesSchema(name))]),
  ...numberArrays.map((name): [string, Write] => [name, plain(typedArraySchema(name))]),
]);

/** The schema of a `bigint`, or of one of some values. */
export function writeBigint(values?: readonly bigint[]): Draft {
  return values ? { ...bigintSchema, enum: values.map(String) } : { ...bigintSchema };
}

/** The schema of our own `ImageFile`. */
export function writeImage(): Draft {
  return { ...fileSchema('image') };
}

/** The schema of our own `Tensor`. */
export function writeTensor(writer: TypeWriter, description: TypeDescription, place: Place): Draft {
  const [type, shape] = description.nameArguments.map((argument) => writer.describe(argument).shape);
  const dtype = type?.kind === 'literal' && isDType(type.value) ? type.value : undefined;
  if (dtype === undefined) return writer.refuse(description, place, dtypeRefusal);
  const sizes =
    shape?.kind === 'tuple' ? shape.elements.map(({ type, form }) => readSize(writer, type, form)) : undefined;
  if (sizes?.includes(undefined)) return writer.refuse(description, place, shapeRefusal);
  const allowsNull = place.role !== 'parameter';
  return {
    ...tensorSchema(dtype satisfies DType, sizes as readonly (number | string | null)[] | undefined, allowsNull),
  };
}

/** The schema of our own `Table`. */
export function writeTable(writer: TypeWriter, description: TypeDescription, place: Place): Draft {
  const [row] = description.nameArguments;
  const shape = row && writer.describe(row).shape;
  const index = shape?.kind === 'structure' ? shape.indexes[0] : undefined;
  if (!row || shape?.kind !== 'structure' || shape.indexes.length > 1 || (index && shape.properties.length > 0)) {
    return writer.refuse(description, place, rowRefusal);
  }
  const inRow = inside(place, '[]');
  const columns = shape.properties.map((one) => [one.name, writer.writeProperty(one, inRow)] as const);
  const required = shape.properties.flatMap(({ name, isOptional }) => (isOptional ? [] : [name]));
  const other = index && writer.write(index.value, inside(inRow, '[…]'));
  return { ...tableSchema(writer.write(row, inRow), Object.fromEntries(columns), required, other) };
}

const rowRefusal: Refusal = {
  why: 'whose rows have no columns that are known',
  remedy: () =>
    'name them, Table<{ rooms: number; area: number }>, or give all one type, Table<Record<string, number>>',
};

function readSize(writer: TypeWriter, type: TypeHandle, form: string): number | string | null | undefined {
  const { shape } = writer.describe(type);
  if (form !== 'required') return undefined;
  if (shape.kind === 'number' || shape.kind === 'string') return null; // of any size
  if (shape.kind !== 'literal' || typeof shape.value === 'bigint' || typeof shape.value === 'boolean') return undefined;
  const isSize = typeof shape.value === 'string' || (Number.isSafeInteger(shape.value) && shape.value >= 0);
  return isSize ? shape.value : undefined;
}

const dtypeRefusal: Refusal = {
  why: 'whose elements have no single type',
  remedy: () => "name one: Tensor<'float32', ['batch', 512]>",
};

const shapeRefusal: Refusal = {
  why: 'whose shape is no list of sizes and names',
  remedy: () => "write each dimension as a size or a name: Tensor<'float32', ['batch', 3, 224, 224]>",
};
