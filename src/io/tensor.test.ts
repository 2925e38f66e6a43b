import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DType, dtypes } from './dtype.ts';
import { Tensor } from './tensor.ts';

/** As ONNX Runtime has it: its constructor keeps what it is given. */
class OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
  constructor(type: string, data: unknown, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

/** As TensorFlow.js has it. */
const tf = {
  tensor: (data: unknown, shape: readonly number[], dtype: string) => ({ dtype, shape, dataSync: () => data }),
};

const arrays = {
  float64: Float64Array,
  float32: Float32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

for (const [dtype, Kind] of Object.entries(arrays)) {
  test(`a ${Kind.name} is a tensor of ${dtype} with the same memory`, () => {
    const data = new Kind(6);
    const flat = Tensor.from(data);
    assert.deepEqual([flat.dtype, flat.shape], [dtype, [6]]);
    assert.equal(flat.data, data);
    assert.deepEqual(Tensor.from(data, [2, 3]).shape, [2, 3]);
  });
}

test('clamped bytes are a tensor of uint8 with the same memory', () => {
  const data = Uint8ClampedArray.of(1, 300);
  const tensor = Tensor.from<'uint8'>(data.subarray(1));
  assert.deepEqual([tensor.dtype, [...tensor.data], tensor.data.buffer === data.buffer], ['uint8', [255], true]);
});

test('a view of bytes without a kind is no tensor', () => {
  assert.throws(() => Tensor.from(new DataView(new ArrayBuffer(4))), {
    name: 'TypeError',
    message: 'a tensor cannot be made from a DataView; use an array of numbers',
  });
});

test('a tensor goes to ONNX Runtime and back with the same memory', () => {
  const tensor = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
  const there = tensor.toOrt(OrtTensor);
  assert.deepEqual([there.type, there.dims, there.data === tensor.data], ['float32', [1, 2], true]);
  const back = Tensor.from<'float32', ['n', 2]>(there);
  assert.deepEqual([back, back.data === tensor.data], [tensor, true]);
  assert.deepEqual(Tensor.from(there, [2]).shape, [2]);
});

test('the halves of ONNX Runtime keep their memory where the platform has an array for them', () => {
  const { Float16Array } = globalThis as { Float16Array?: new (values: number[]) => ArrayBufferView };
  const data = Float16Array ? new Float16Array([1.5]) : Uint16Array.of(0x3e00);
  const tensor = Tensor.from<'float16'>(new OrtTensor('float16', data, [1]));
  assert.deepEqual([tensor.data, tensor.data.buffer === data.buffer], [Uint16Array.of(0x3e00), true]);
  assert.deepEqual(tensor.toArray(), [1.5]);
});

test('a tensor goes to TensorFlow.js and back with the same memory', () => {
  const tensor = new Tensor('bool', Uint8Array.of(1, 0), [2]);
  const there = tensor.toTf(tf);
  assert.deepEqual([there.dtype, there.shape, there.dataSync() === tensor.data], ['bool', [2], true]);
  assert.equal(Tensor.from<'bool'>(there).data, tensor.data);
});

test('what another library has no word for, or we have none for, is said', () => {
  const tensor = new Tensor('int64', BigInt64Array.of(1n), [1]);
  assert.throws(() => tensor.toTf(tf), {
    name: 'TypeError',
    message: 'TensorFlow.js has no tensors of int64, but of float32, int32, bool, string; convert the data first',
  });
  assert.throws(() => Tensor.from(new OrtTensor('int4', Int8Array.of(1), [2])), /ONNX Runtime gave a tensor of int4,/);
  assert.throws(() => Tensor.from(tf.tensor([], [0], 'complex64')), /TensorFlow\.js gave a tensor of complex64,/);
  assert.throws(() => Tensor.from(new OrtTensor('float32', undefined, [2])), /needs its data as a Float32Array/);
  assert.throws(() => Tensor.from(Float32Array.of(1), [2]), /has 2 elements, but the data has 1/);
});

for (const [dtype, nested, data, shape] of [
  [
    'float32',
    [
      [1.5, -2],
      [Number.NaN, Number.POSITIVE_INFINITY],
    ],
    [1.5, -2, Number.NaN, Number.POSITIVE_INFINITY],
    [2, 2],
  ],
  ['float16', [0.5], [0x3800], [1]],
  ['int64', [[1n], [-(2n ** 63n)]], [1n, -(2n ** 63n)], [2, 1]],
  ['uint8', [[], []], [], [2, 0]],
  ['bool', [[[true, false]]], [1, 0], [1, 1, 2]],
  ['string', ['a', 'b'], ['a', 'b'], [2]],
  ['float64', 7, [7], []],
] as [DType, never, (number | bigint | string)[], number[]][]) {
  test(`arrays of ${dtype} in the shape [${shape}] become a tensor, and arrays again`, () => {
    const tensor = Tensor.fromArray(dtype, nested);
    assert.deepEqual([[...tensor.data], tensor.shape], [data, shape]);
    assert.deepEqual(tensor.toArray(), nested);
  });
}

for (const [dtype, nested, message] of [
  ['float32', [[1, 2], [3]], 'the tensor[1] has 1 item, but the first of its rank has 2'],
  ['float32', [[1], 2], 'the tensor[1] must be an array of 1, as the places before it are'],
  ['uint8', [1, 256], 'the tensor[1] is 256, but uint8 goes from 0 to 255'],
  [
    'int64',
    [2n ** 63n],
    'the tensor[0] is 9223372036854775808, but int64 goes from -9223372036854775808 to 9223372036854775807',
  ],
  ['float32', [1e300], 'the tensor[0] is too large for float32'],
  ['bool', [1], 'the tensor[0] must be an element of bool, but is 1'],
] as [DType, never, string][]) {
  test(`no tensor is made where ${message.slice('the tensor'.length)}`, () => {
    assert.throws(() => Tensor.fromArray(dtype, nested), { name: 'TypeError', message });
  });
}

test('every dtype has arrays of its own elements', () => {
  for (const dtype of dtypes) {
    const element = { bool: true, string: 'a', int64: 1n, uint64: 1n }[dtype as string] ?? 1;
    assert.deepEqual(Tensor.fromArray(dtype, [element] as never).toArray(), [element]);
  }
});
