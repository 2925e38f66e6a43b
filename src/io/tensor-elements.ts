/** Nested arrays ↔ the data of a tensor. */
import { type DType, dtypes, makeData, sizeOf, type TensorData, type TensorFields } from './dtype.ts';
import { fromHalf, toHalf } from './half-float.ts';
import { addStep, Misfit, within } from './misfit.ts';

/** What the elements of a tensor may be at least and at most, for whole numbers that a `number` holds. */
export const ranges: Partial<Record<DType, readonly [least: number, most: number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
};

/** The same for others.*/
export const bigRanges: Partial<Record<DType, readonly [least: bigint, most: bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const floats: readonly DType[] = ['float64', 'float32', 'float16'];

/**
 * The shape of nested arrays, of any rank if none is given.
 * @throws Misfit if arrays of one level have several lengths.
 */
export function readShape(nested: unknown, rank?: number): number[] {
  const shape = measure(nested, rank);
  assertShape(nested, shape, 0);
  return shape;
}

/**
 * The elements of nested arrays whose shape is known.
 * @throws Misfit if one is no element of the dtype.
 */
export function readElements(dtype: DType, nested: unknown, shape: readonly number[]): TensorData[DType] {
  const data = makeData(dtype, sizeOf(shape)); // the shape was seen to be true: there is as much as it says
  fill(nested, shape, 0, { dtype, data, put: putters[dtype] }, 0);
  return data;
}

/** Nested arrays of a tensor's elements, each as `change` makes it. */
export function toNested(
  { dtype, shape, data }: TensorFields,
  change: (element: number | bigint | string | boolean) => unknown,
): unknown {
  const at = toElement[dtype] ?? ((element: number | bigint | string) => element);
  const nest = (axis: number, start: number): unknown => {
    if (axis === shape.length) return change(at(data[start] as never));
    const step = sizeOf(shape.slice(axis + 1));
    return Array.from({ length: shape[axis] ?? 0 }, (_, index) => nest(axis + 1, start + index * step));
  };
  return nest(0, 0);
}

/** For dtypes whose elements are not what their data holds. */
const toElement: Partial<Record<DType, (stored: never) => number | boolean>> = {
  float16: fromHalf,
  bool: (stored: number) => stored !== 0,
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
    if (Number.isFinite(number) && !isStorable(data[at] ?? 0)) refuse(`is too large for ${dtype}`);
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
  if (!isText && typeof value !== 'bigint' && !Number.isSafeInteger(value))
    wrongKind(value, `${dtype} (a whole number, as text beyond 2^53)`);
  const number = BigInt(value as string | number | bigint);
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
  throw new Misfit('tensor', problem);
}
