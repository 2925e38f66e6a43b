/** Cuts tensors along a dimension, and puts them together again. */
import { makeData, sizeOf, type TensorData, type TensorFields } from './dtype.ts';

type Elements = TensorData['float32']; // any data that is no array of texts: all of them copy alike

/** Some of the places along a dimension. */
export function cutTensor({ dtype, shape, data }: TensorFields, from: number, to: number, dim: number): TensorFields {
  const length = shape[dim] ?? 0;
  const inner = sizeOf(shape.slice(dim + 1));
  const outer = sizeOf(shape.slice(0, dim));
  const cut = makeData(dtype, outer * (to - from) * inner);
  for (let block = 0; block < outer; block++) {
    const begin = (block * length + from) * inner;
    copy(data, begin, begin + (to - from) * inner, cut, block * (to - from) * inner);
  }
  return { dtype, shape: shape.with(dim, to - from), data: cut };
}

/** @param tensors at least one, of one kind and with one shape but for the dimension. */
export function joinTensors(tensors: readonly TensorFields[], dim: number): TensorFields {
  const [{ dtype, shape }] = tensors as readonly [TensorFields];
  const length = tensors.reduce((sum, one) => sum + (one.shape[dim] ?? 0), 0);
  const inner = sizeOf(shape.slice(dim + 1));
  const outer = sizeOf(shape.slice(0, dim));
  const joined = makeData(dtype, outer * length * inner);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const one of tensors) {
      const size = (one.shape[dim] ?? 0) * inner;
      copy(one.data, block * size, (block + 1) * size, joined, at);
      at += size;
    }
  }
  return { dtype, shape: shape.with(dim, length), data: joined };
}

function copy(from: TensorFields['data'], begin: number, end: number, to: TensorFields['data'], at: number): void {
  if (Array.isArray(from)) for (let each = begin; each < end; each++) (to as string[])[at + each - begin] = from[each];
  else (to as Elements).set((from as Elements).subarray(begin, end), at);
}
