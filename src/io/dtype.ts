/** The kinds of elements that tensors have, and what holds them. */

/** What a tensor's elements may be, by the names that ONNX Runtime and numpy share. */
export type DType = keyof TensorData;

/** What holds the elements of a tensor, row by row. */
export interface TensorData {
  readonly float64: Float64Array;
  readonly float32: Float32Array;
  /** The 16 bits of each number, as ONNX Runtime takes them where the platform has no `Float16Array`. */
  readonly float16: Uint16Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly uint8: Uint8Array;
  readonly uint16: Uint16Array;
  readonly uint32: Uint32Array;
  readonly uint64: BigUint64Array;
  /** 0 or 1. */
  readonly bool: Uint8Array;
  readonly string: readonly string[];
}

/** What a tensor is made of, as plain data. */
export interface TensorFields {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData[DType];
}

/** A dimension of a declared shape: its size, a name that stands for the same size in the whole call, or any size. */
export type Dimension = number | string;

type Maker = (length: number) => TensorData[DType];

const makers: Readonly<Record<DType, Maker>> = {
  float64: (length) => new Float64Array(length),
  float32: (length) => new Float32Array(length),
  float16: (length) => new Uint16Array(length),
  int8: (length) => new Int8Array(length),
  int16: (length) => new Int16Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  uint8: (length) => new Uint8Array(length),
  uint16: (length) => new Uint16Array(length),
  uint32: (length) => new Uint32Array(length),
  uint64: (length) => new BigUint64Array(length),
  bool: (length) => new Uint8Array(length),
  string: (length) => new Array<string>(length).fill(''),
};

/** The names of all kinds of elements. */
export const dtypes = Object.keys(makers) as readonly DType[]; // the keys of the record

/** Whether a text names a kind of elements. */
export function isDType(text: unknown): text is DType {
  return dtypes.includes(text as DType);
}

/** Room for so many elements. */
export function makeData(dtype: DType, length: number): TensorData[DType] {
  return makers[dtype](length);
}

/** How many elements a shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Whether data is what holds such elements. */
export function isDataOf(dtype: DType, data: unknown): data is TensorData[DType] {
  return kindOf(data) === kindOf(makers[dtype](0));
}

/** What holds such elements, as it stands in a sentence. */
export function nameOfData(dtype: DType): string {
  const name = kindOf(makers[dtype](0));
  return name === 'Array' ? 'an array of strings' : `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

function kindOf(data: unknown): string {
  return Object.prototype.toString.call(data).slice('[object '.length, -1);
}
