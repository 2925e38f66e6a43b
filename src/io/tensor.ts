/** Tensors: numbers of one kind in a shape. */
import {
  type Dimension,
  type DType,
  dtypes,
  isDataOf,
  isDType,
  nameOfData,
  sizeOf,
  type TensorData,
  type TensorFields,
} from './dtype.ts';
import { Misfit } from './misfit.ts';
import { readElements, readShape, toNested } from './tensor-elements.ts';
import {
  fromOther,
  type OrtTensorClass,
  type OrtTensorLike,
  type TfModule,
  type TfTensorLike,
  toOrt,
  toTf,
} from './tensor-likes.ts';

const tensorBrand = Symbol.for('bentots.tensor/1');

/** What a tensor has in one place. */
export type TensorElement<T extends DType = DType> = T extends 'int64' | 'uint64'
  ? bigint
  : T extends 'bool'
    ? boolean
    : T extends 'string'
      ? string
      : number;

/** Elements in arrays of arrays, or a single one. */
export type NestedArray<Element> = Element | readonly NestedArray<Element>[];

/**
 * A tensor. In JSON it is an array of arrays; its shape and its elements are checked against the declared type.
 *
 * @example
 * ```ts
 * @api() async classify(pixels: Tensor<'float32', ['batch', 3, 224, 224]>): Promise<Tensor<'float32', ['batch', 1000]>> {
 *   const { logits } = await session.run({ pixels: pixels.toOrt(ort.Tensor) });
 *   return Tensor.from(logits);
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
    if (!isDataOf(dtype, data)) throw new TypeError(`a tensor of ${dtype} needs its data as ${nameOfData(dtype)}`);
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

  /**
   * A tensor with the memory of a typed array, or of a tensor of ONNX Runtime or TensorFlow.js; nothing is copied. The
   * type says what its author knows of it, and a result is checked as any other.
   *
   * @param shape another one with as many elements. @default that of the tensor, or one dimension
   * @throws TypeError if it is no such thing, or its elements are of a kind that no dtype is.
   * @example
   * ```ts
   * const { logits } = await session.run(feeds);
   * const scores: Tensor<'float32', ['batch', 10]> = Tensor.from(logits);
   * ```
   */
  static from<T extends DType, S extends readonly Dimension[] = readonly Dimension[]>(
    value: ArrayBufferView | OrtTensorLike | TfTensorLike,
    shape?: readonly number[],
  ): Tensor<T, S> {
    const fields = fromOther(value, shape);
    return new Tensor<DType, S>(fields.dtype, fields.data, fields.shape) as Tensor<T, S>; // as the author says
  }

  /**
   * A tensor of what stands in arrays of arrays, which are copied.
   * @throws TypeError if arrays of one level have several lengths, or something is no element of the dtype.
   * @example
   * ```ts
   * Tensor.fromArray('int64', [[101n, 2023n, 102n]]).shape; // [1, 3]
   * ```
   */
  static fromArray<T extends DType>(dtype: T, nested: NestedArray<TensorElement<T>>): Tensor<T> {
    try {
      const shape = readShape(nested);
      return new Tensor(dtype, readElements(dtype, nested, shape) as TensorData[T], shape); // made for this dtype
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw new TypeError(`the tensor${error.loc.map((at) => `[${at}]`).join('')} ${error.message}`, { cause: error });
    }
  }

  /** Its elements as arrays of arrays; of a tensor without dimensions its one element. */
  toArray(): NestedArray<TensorElement<T>> {
    return toNested(this as TensorFields, (element) => element) as NestedArray<TensorElement<T>>; // as the dtype says
  }

  /** A tensor of ONNX Runtime with the same memory: `tensor.toOrt(ort.Tensor)`. */
  toOrt<Result>(OrtTensor: OrtTensorClass<Result>): Result {
    return toOrt(this as TensorFields, OrtTensor);
  }

  /**
   * A tensor of TensorFlow.js with the same memory: `tensor.toTf(tf)`.
   * @throws TypeError for dtypes that it does not know: all but `float32`, `int32`, `bool` and `string`.
   */
  toTf<Result>(tf: TfModule<Result>): Result {
    return toTf(this as TensorFields, tf);
  }
}

/** Whether a value is a tensor, of this copy of the class or another. */
export function isTensor(value: object): value is Tensor {
  return tensorBrand in value;
}
