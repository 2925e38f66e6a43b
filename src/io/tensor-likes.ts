/** Tensors of other libraries, known by what they have: nothing of them is imported, and no data is copied. */
import { type DType, dtypes, isDType, type TensorFields } from './dtype.ts';

/** A tensor of ONNX Runtime, as far as it is read. */
export interface OrtTensorLike {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** A tensor of TensorFlow.js, as far as it is read. */
export interface TfTensorLike {
  readonly dtype: string;
  readonly shape: readonly number[];
  dataSync(): unknown;
}

/** The class `Tensor` of ONNX Runtime. */
export type OrtTensorClass<Result> = new (type: never, data: never, dims: never) => Result;

/** The module `@tensorflow/tfjs`. */
export interface TfModule<Result> {
  tensor(values: never, shape: never, dtype: never): Result;
}

const dtypesOfArrays: Readonly<Record<string, DType>> = {
  Float64Array: 'float64',
  Float32Array: 'float32',
  Float16Array: 'float16',
  Int8Array: 'int8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  BigInt64Array: 'int64',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Uint16Array: 'uint16',
  Uint32Array: 'uint32',
  BigUint64Array: 'uint64',
};

/**
 * What a typed array or another library's tensor is made of.
 * @throws TypeError for anything else, or elements that no dtype has.
 */
export function fromOther(
  value: ArrayBufferView | OrtTensorLike | TfTensorLike,
  shape: readonly number[] | undefined,
): TensorFields {
  if (ArrayBuffer.isView(value)) {
    const dtype = dtypesOfArrays[kindOf(value)];
    if (!dtype) throw new TypeError(`a tensor cannot be made from a ${kindOf(value)}; use an array of numbers`);
    const { length } = value as Uint8Array; // every array of numbers has one
    return { dtype, data: toData(dtype, value), shape: shape ?? [length] };
  }
  if ('dataSync' in value) {
    const dtype = asDType(value.dtype, 'TensorFlow.js');
    return { dtype, data: toData(dtype, value.dataSync()), shape: shape ?? value.shape };
  }
  const dtype = asDType(value.type, 'ONNX Runtime');
  return { dtype, data: toData(dtype, value.data), shape: shape ?? value.dims };
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function asDType(name: string, library: string): DType {
  if (isDType(name)) return name;
  throw new TypeError(
    `${library} gave a tensor of ${name}, but must give one of ${dtypes.join(', ')}; convert it there`,
  );
}

/** The same memory as the kind of array that a tensor of this dtype has. */
function toData(dtype: DType, data: unknown): never {
  const isOther = dtype === 'float16' || kindOf(data) === 'Uint8ClampedArray';
  if (!isOther || !ArrayBuffer.isView(data)) return data as never; // looked at where the tensor is made
  const { buffer, byteOffset, byteLength } = data;
  const view =
    dtype === 'float16'
      ? new Uint16Array(buffer, byteOffset, byteLength / 2)
      : new Uint8Array(buffer, byteOffset, byteLength);
  return view as never;
}

/** A tensor of ONNX Runtime with the same memory. */
export function toOrt<Result>({ dtype, data, shape }: TensorFields, OrtTensor: OrtTensorClass<Result>): Result {
  return new OrtTensor(dtype as never, data as never, shape as never); // they share the names of dtypes, and the arrays
}

const tfDtypes: readonly DType[] = ['float32', 'int32', 'bool', 'string'];

/**
 * A tensor of TensorFlow.js with the same memory.
 * @throws TypeError if it does not know the dtype.
 */
export function toTf<Result>({ dtype, data, shape }: TensorFields, tf: TfModule<Result>): Result {
  if (!tfDtypes.includes(dtype)) {
    throw new TypeError(
      `TensorFlow.js has no tensors of ${dtype}, but of ${tfDtypes.join(', ')}; convert the data first`,
    );
  }
  return tf.tensor(data as never, shape as never, dtype as never);
}
