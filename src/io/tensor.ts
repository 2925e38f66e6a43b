/** Tensors: numbers of one kind in a shape. */

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

const tensorBrand = Symbol.for('bentots.tensor/1');

/**
 * A tensor. In JSON it is an array of arrays; its shape and its elements are checked against the declared type.
 *
 * @example
 * ```ts
 * @api() async classify(pixels: Tensor<'float32', ['batch', 3, 224, 224]>): Promise<Tensor<'float32', ['batch', 1000]>> {
 *   const { logits } = await session.run({ pixels: new ort.Tensor(pixels.dtype, pixels.data, pixels.shape) });
 *   return new Tensor('float32', logits.data, logits.dims);
 * }
 * ```
 */
export class Tensor<T extends DType = DType, S extends readonly Dimension[] = readonly Dimension[]> {
  readonly dtype: T;
  /** The elements, row by row. */
  readonly data: TensorData[T];
  readonly shape: { readonly [Axis in keyof S]: number };

  /**
   * @param shape sizes, the outermost first; `[]` for a single number.
   * @throws TypeError if the data is of another kind or the shape has another number of elements.
   */
  constructor(dtype: T, data: TensorData[T], shape: readonly number[]) {
    const size = sizeOf(shape);
    if (!isDType(dtype))
      throw new TypeError(`a tensor has the dtype "${dtype}", but must have one of ${dtypes.join(', ')}`);
    if (!holds(dtype, data)) throw new TypeError(`a tensor of ${dtype} needs its data as ${nameOf(dtype)}`);
    if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0) || size !== data.length) {
      throw new TypeError(
        `a tensor of the shape [${shape.join(', ')}] has ${size} elements, but the data has ${data.length}`,
      );
    }
    this.dtype = dtype;
    this.data = data;
    this.shape = [...shape] as unknown as { [Axis in keyof S]: number }; // checked by whoever declares it
    Object.defineProperty(this, tensorBrand, { value: true });
  }
}

/** Whether a value is a tensor, of this copy of the class or another. */
export function isTensor(value: object): value is Tensor {
  return tensorBrand in value;
}

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

function holds(dtype: DType, data: TensorData[DType]): boolean {
  return Object.prototype.toString.call(data) === Object.prototype.toString.call(makers[dtype](0));
}

function nameOf(dtype: DType): string {
  const name = Object.prototype.toString.call(makers[dtype](0)).slice(8, -1);
  return name === 'Array' ? 'an array of strings' : `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
