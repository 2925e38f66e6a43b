/** How tensors are written: nested arrays in JSON, dtype, shape and data on the way to another process. */
import { fromHalf, toHalf } from './half-float.ts';
import type { IoType, ReadCall, Schema } from './io-type.ts';
import { addStep, Misfit, within } from './misfit.ts';
import {
  type Dimension,
  type DType,
  dtypes,
  isDType,
  isTensor,
  makeData,
  sizeOf,
  Tensor,
  type TensorData,
  type TensorFields,
} from './tensor.ts';

const kind = 'tensor';

const ranges: Partial<Record<DType, readonly [least: number, most: number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
};
const bigRanges: Partial<Record<DType, readonly [least: bigint, most: bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const floats: readonly DType[] = ['float64', 'float32', 'float16'];

/**
 * The schema of a tensor.
 * @param shape undefined for any; in it a name stands for one size in the whole call, null for any size.
 * @param allowsNull whether NaN and infinities, which JSON lacks, may come as null: only in what the server gives.
 */
export function tensorSchema(
  dtype: DType,
  shape: readonly (Dimension | null)[] | undefined,
  allowsNull: boolean,
): Schema {
  const marks = { 'x-io-type': kind, 'x-dtype': dtype, ...(shape && { 'x-shape': shape }) };
  if (!shape) return { type: [...new Set(['array', ...[elementSchema(dtype, allowsNull).type].flat()])], ...marks };
  const nested = shape.reduceRight<Schema>(
    (items, length) => {
      const bounds = typeof length === 'number' ? { minItems: length, maxItems: length } : {};
      return { type: 'array', items, ...bounds };
    },
    elementSchema(dtype, allowsNull),
  );
  return { ...nested, ...marks };
}

function elementSchema(dtype: DType, allowsNull: boolean): Schema {
  const range = ranges[dtype];
  if (range) return { type: 'integer', minimum: range[0], maximum: range[1] };
  if (bigRanges[dtype]) return { type: ['integer', 'string'], pattern: '^-?[0-9]{1,20}$' };
  if (dtype === 'bool') return { type: 'boolean' };
  if (dtype === 'string') return { type: 'string' };
  return { type: allowsNull ? ['number', 'null'] : 'number' };
}

export const tensor: IoType = {
  name: kind,
  tags: [],
  read(json, schema, call) {
    const dtype = schema['x-dtype'] as DType; // written above
    const declared = schema['x-shape'] as readonly (Dimension | null)[] | undefined;
    const shape = declared ? measure(json, declared.length) : measure(json);
    assertShape(json, shape, 0); // before there is room for as many elements as the first of each rank promises
    if (declared) bind(shape, declared, call);
    const data = makeData(dtype, sizeOf(shape));
    fill(json, shape, 0, { dtype, data, put: putters[dtype] }, 0);
    return [/tensor/, { dtype, shape, data } satisfies TensorFields];
  },
  write: ([, fields]: readonly [RegExp, TensorFields]) => nest(fields, 0, 0),
  parcel: {
    holds: isTensor,
    pack: ({ dtype, shape, data }: Tensor, parts) => void parts.push({ dtype, shape, data }),
    unpack: ([fields]) => {
      const { dtype, data, shape } = fields as TensorFields; // packed above
      return new Tensor(dtype, data, shape);
    },
  },
  ready: {
    kinds: [kind],
    accept(parcel, schema, call) {
      const { dtype, shape } = parcel[1] as TensorFields; // of a tensor's parcel
      const declared = schema['x-shape'] as readonly (Dimension | null)[] | undefined;
      if (dtype !== schema['x-dtype']) refuse(`must be a tensor of ${schema['x-dtype']}, but is one of ${dtype}`);
      if (declared) assertDeclared(shape, declared);
      if (declared) bind(shape, declared, call);
      return parcel;
    },
  },
  describe(schema) {
    const shape = schema['x-shape'] as readonly (Dimension | null)[] | undefined;
    const sizes = shape?.map((length) => (typeof length === 'number' ? length : -1)); // as numpy writes an open one
    const dim = shape?.every((length) => typeof length === 'number') ? { dim: sizeOf(sizes ?? []) } : {};
    return { type: 'tensor', format: 'numpy-array', dtype: schema['x-dtype'], ...(sizes && { shape: sizes }), ...dim };
  },
  recognise({ type, dtype, shape }) {
    if (type !== 'tensor' || !isDType(dtype)) return undefined; // of what kind it is, no answer says
    const sizes = Array.isArray(shape)
      ? shape.map((size) => (Number.isInteger(size) && size >= 0 ? size : null))
      : undefined;
    return tensorSchema(dtype, sizes, true);
  },
  typeText({ 'x-dtype': dtype, 'x-shape': shape }, { imported, literal }) {
    const name = imported('Tensor');
    if (!isDType(dtype)) return name;
    const toText = (size: unknown) => {
      if (typeof size === 'string') return literal(size);
      return typeof size === 'number' && Number.isFinite(size) ? String(size) : 'number';
    };
    return Array.isArray(shape) ? `${name}<'${dtype}', [${shape.map(toText).join(', ')}]>` : `${name}<'${dtype}'>`;
  },
};

/** The shape that the first element of each level has; whether the others agree is seen while they are read. */
function measure(json: unknown, rank = Number.POSITIVE_INFINITY): number[] {
  const shape: number[] = [];
  for (let at = json; Array.isArray(at) && shape.length < rank; at = at[0]) shape.push(at.length);
  if (rank !== Number.POSITIVE_INFINITY) while (shape.length < rank) shape.push(0); // below an empty array
  return shape;
}

function assertShape(json: unknown, shape: readonly number[], axis: number): void {
  if (axis === shape.length) return;
  const length = shape[axis];
  if (!Array.isArray(json)) refuse(`must be an array of ${length}, as the places before it are`);
  const items = json as readonly unknown[];
  if (items.length !== length) {
    refuse(`has ${items.length} ${items.length === 1 ? 'item' : 'items'}, but the first of its rank has ${length}`);
  }
  if (axis === shape.length - 1) return;
  for (let at = 0; at < items.length; at++) within(at, () => assertShape(items[at], shape, axis + 1));
}

/** Of a tensor that comes ready; in JSON the validator sees how long each array is. */
function assertDeclared(shape: readonly number[], declared: readonly (Dimension | null)[]): void {
  const isLike = (length: number, axis: number) => typeof declared[axis] !== 'number' || declared[axis] === length;
  if (shape.length === declared.length && shape.every(isLike)) return;
  refuse(
    `must have the shape [${declared.map((length) => length ?? 'any').join(', ')}], but has [${shape.join(', ')}]`,
  );
}

function bind(shape: readonly number[], declared: readonly (Dimension | null)[], { dimensions }: ReadCall): void {
  for (const [axis, name] of declared.entries()) {
    if (typeof name !== 'string') continue;
    const size = shape[axis] ?? 0;
    const other = dimensions.get(name);
    if (other !== undefined && other !== size) {
      refuse(`has ${size} in its dimension "${name}", which is ${other} elsewhere in this call`);
    }
    dimensions.set(name, size);
  }
}

interface Target {
  readonly dtype: DType;
  readonly data: TensorData[DType];
  readonly put: Putter;
}

type Putter = (data: never, at: number, value: unknown, dtype: DType) => void;

/** Gives how many elements were read so far. */
function fill(json: unknown, shape: readonly number[], axis: number, target: Target, start: number): number {
  if (axis === shape.length) {
    if (Array.isArray(json)) refuse(`must be one element, but is an array of ${json.length}`);
    target.put(target.data as never, start, json, target.dtype); // the putter of this dtype takes this data
    return start + 1;
  }
  const items = json as readonly unknown[]; // its shape was looked at before
  let at = start;
  let index = 0;
  try {
    for (; index < items.length; index++) at = fill(items[index], shape, axis + 1, target, at);
  } catch (error) {
    throw addStep(error, index);
  }
  return at;
}

const putFloat =
  (toStored: (value: number) => number, isStorable: (stored: number) => boolean): Putter =>
  (data: Record<number, number>, at, value, dtype) => {
    if (typeof value !== 'number' && value !== null) wrongKind(value, dtype);
    const number = value === null ? Number.NaN : (value as number); // the schema lets null in only where it stands for NaN
    data[at] = toStored(number);
    if (!Number.isNaN(number) && !isStorable(data[at] ?? 0)) refuse(`is too large for ${dtype}`);
  };

const putWhole: Putter = (data: Record<number, number>, at, value, dtype) => {
  const [least, most] = ranges[dtype] ?? [0, 0];
  if (!Number.isInteger(value)) wrongKind(value, dtype);
  const number = value as number; // seen just above
  if (number < least || number > most) refuse(`is ${number}, but ${dtype} goes from ${least} to ${most}`);
  data[at] = number;
};

const putBig: Putter = (data: Record<number, bigint>, at, value, dtype) => {
  const [least, most] = bigRanges[dtype] ?? [0n, 0n];
  const isText = typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value);
  if (!isText && !Number.isSafeInteger(value)) wrongKind(value, `${dtype} (a whole number, as text beyond 2^53)`);
  const number = BigInt(value as string | number);
  if (number < least || number > most) refuse(`is ${number}, but ${dtype} goes from ${least} to ${most}`);
  data[at] = number;
};

const putBool: Putter = (data: Record<number, number>, at, value, dtype) => {
  if (typeof value !== 'boolean') wrongKind(value, dtype);
  data[at] = value ? 1 : 0;
};

const putText: Putter = (data: Record<number, string>, at, value, dtype) => {
  if (typeof value !== 'string') wrongKind(value, dtype);
  data[at] = value as string;
};

const putters = Object.fromEntries(
  dtypes.map((dtype): [DType, Putter] => {
    if (dtype === 'float16') return [dtype, putFloat(toHalf, (bits) => (bits & 0x7c00) !== 0x7c00)];
    if (floats.includes(dtype)) return [dtype, putFloat(Number, Number.isFinite)];
    if (bigRanges[dtype]) return [dtype, putBig];
    return [dtype, dtype === 'bool' ? putBool : dtype === 'string' ? putText : putWhole];
  }),
) as Readonly<Record<DType, Putter>>; // one for each

function wrongKind(value: unknown, wanted: string): never {
  const seen = Array.isArray(value) ? `an array of ${value.length}` : value === null ? 'null' : `a ${typeof value}`;
  refuse(`must be an element of ${wanted}, but is ${typeof value === 'number' ? value : seen}`);
}

function refuse(problem: string): never {
  throw new Misfit(kind, problem);
}

/** Data → nested arrays. */
function nest({ dtype, shape, data }: TensorFields, axis: number, start: number): unknown {
  if (axis === shape.length) return toJsonElement(dtype, data[start]);
  const step = sizeOf(shape.slice(axis + 1));
  return Array.from({ length: shape[axis] ?? 0 }, (_, index) =>
    nest({ dtype, shape, data }, axis + 1, start + index * step),
  );
}

function toJsonElement(dtype: DType, element: number | bigint | string | undefined): unknown {
  if (typeof element === 'bigint') {
    const number = Number(element);
    return Number.isSafeInteger(number) ? number : element.toString();
  }
  if (typeof element !== 'number') return element;
  if (dtype === 'bool') return element !== 0;
  const number = dtype === 'float16' ? fromHalf(element) : element;
  return Number.isFinite(number) ? number : null;
}
