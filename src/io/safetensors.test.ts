import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DType, dtypes, makeData } from './dtype.ts';
import { maxTensors, type NamedTensor, parseSafetensors, printSafetensors } from './safetensors.ts';

const limit = 1024 * 1024;

/** A file with any header, and any data. */
function file(header: string | object, data: Uint8Array = new Uint8Array(), announced?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, data]));
}

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const join = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

test('a file of the library that defines the format is read', () => {
  // https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs, test_simple
  const header = '{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';
  const bytes = file(header, new Uint8Array(16));
  assert.equal(bytes[0], '<'.charCodeAt(0));
  const { tensors } = parseSafetensors(bytes, limit);
  assert.deepEqual(tensors, [{ name: 'test', dtype: 'int32', shape: [2, 2], data: new Int32Array(4) }]);
});

test('numbers lie with their lowest byte first', () => {
  const { tensors } = parseSafetensors(file({ a: entry('F32', [1], 0, 4) }, Uint8Array.of(0, 0, 0xc0, 0x3f)), limit);
  assert.deepEqual(tensors[0]?.data, Float32Array.of(1.5));
});

test('every kind of element that the format has comes back as it was', () => {
  const given = dtypes
    .filter((dtype) => dtype !== 'string')
    .map((dtype, at): NamedTensor => {
      const data = makeData(dtype, 3) as Uint8Array;
      new Uint8Array(data.buffer).set(dtype === 'bool' ? [1, 0, 1] : [at, 1, 255]);
      return { name: dtype, dtype, shape: [3, 1], data };
    });
  const { tensors, metadata } = parseSafetensors(join(printSafetensors(given, { who: 'me' })), limit);
  const byName = (one: NamedTensor, other: NamedTensor) => one.name.localeCompare(other.name);
  assert.deepEqual(tensors.toSorted(byName), given.toSorted(byName));
  assert.deepEqual([...metadata], [['who', 'me']]);
});

const bytesOf = ({ data }: NamedTensor) => data as Uint8Array;

test('data is neither copied when it is written, nor when it is read from where it is aligned', () => {
  const given: NamedTensor[] = [
    { name: 'small', dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) },
    { name: 'wide', dtype: 'float64', shape: [2], data: Float64Array.of(1, 2) },
  ];
  const pieces = printSafetensors(given, {});
  assert.equal(pieces[1]?.buffer, bytesOf(given[1] as NamedTensor).buffer);
  const body = join(pieces);
  for (const tensor of parseSafetensors(body, limit).tensors) assert.equal(bytesOf(tensor).buffer, body.buffer);
});

test('data that lies crooked is copied, and right', () => {
  const body = join([
    Uint8Array.of(0),
    ...printSafetensors([{ name: 'a', dtype: 'float64', shape: [1], data: Float64Array.of(7) }], {}),
  ]);
  for (const whole of [body, Buffer.from(body.buffer)]) {
    // as a gateway has it
    const [tensor] = parseSafetensors(whole.subarray(1), limit).tensors;
    assert.deepEqual(tensor?.data, Float64Array.of(7));
  }
});

test('a part of a larger buffer is written, and not the buffer', () => {
  const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
  const { tensors } = parseSafetensors(
    join(printSafetensors([{ name: 'a', dtype: 'float32', shape: [2], data }], {})),
    limit,
  );
  assert.deepEqual(tensors[0]?.data, Float32Array.of(2, 3));
});

test('a tensor without elements, and one without dimensions, are tensors', () => {
  const given: NamedTensor[] = [
    { name: 'empty', dtype: 'float32', shape: [0, 5], data: new Float32Array() },
    { name: 'one', dtype: 'int64', shape: [], data: BigInt64Array.of(-1n) },
  ];
  const { tensors } = parseSafetensors(join(printSafetensors(given, {})), limit);
  assert.deepEqual(tensors.map(({ shape }) => shape).toSorted(), [[], [0, 5]]);
});

const four = new Uint8Array(4);
const u8 = (size: number, begin: unknown, end: unknown) => entry('U8', [size], begin, end);

for (const [what, body, message] of [
  ['shorter than its first number', new Uint8Array(7), /has 7 bytes, but begins with 8/],
  ['empty', new Uint8Array(), /has 0 bytes, but begins with 8/],
  [
    'with a header longer than allowed',
    file({}, four, 2n ** 63n),
    /header has \d+ bytes, but it may have 1048576 at most/,
  ],
  ['with a header of 2^64-1 bytes', file({}, four, 2n ** 64n - 1n), /it may have 1048576 at most/],
  ['with a header longer than the body', file({}, four, 100n), /header has 100 bytes, but only 6 follow/],
  ['with no header', file('', four), /does not begin with "\{"/],
  ['with a header that is a list', file('[]'), /does not begin with "\{"/],
  ['with a header after a space', file(' {}'), /does not begin with "\{"/],
  ['with a header that is no JSON', file('{"a":'), /the header of the binary frame is not valid JSON/],
  [
    'with a header that is no UTF-8',
    file('{"a\u00ff":1}'.replace('\u00ff', '')).fill(0xff, 10, 11),
    /is not valid UTF-8/,
  ],
  ['with a deep header', file(`{"a":${'['.repeat(9999)}${']'.repeat(9999)}}`), /is nested deeper than 3 levels/],
  [
    'with the key __proto__',
    file('{"__proto__":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', four),
    /"__proto__"/,
  ],
  [
    'with __proto__ in an entry',
    file('{"a":{"__proto__":[1],"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', four),
    /"__proto__"/,
  ],
  [
    'with a name twice',
    file(`{"a":${JSON.stringify(u8(4, 0, 4))},"a":${JSON.stringify(u8(4, 0, 4))}}`, four),
    /same key twice/,
  ],
  [
    'with a name twice, once escaped',
    file(`{"a":${JSON.stringify(u8(4, 0, 4))},"\\u0061":${JSON.stringify(u8(4, 0, 4))}}`, four),
    /same key twice/,
  ],
  [
    'with an inner key twice',
    file('{"a":{"dtype":"F32","dtype":"U8","shape":[4],"data_offsets":[0,4]}}', four),
    /same key twice/,
  ],
  ['with metadata twice', file('{"__metadata__":{"a":"b"},"__metadata__":{"a":"b"}}'), /same key twice/],
  ['with metadata that is no text', file({ __metadata__: { a: 1 } }), /something else than an object of texts/],
  ['with metadata that is a list', file({ __metadata__: [] }), /something else than an object of texts/],
  ['with an entry that is a number', file({ a: 1 }), /has for "a" no object/],
  ['with a key that the format has not', file({ a: { ...u8(4, 0, 4), code: 'x' } }, four), /the key "code"/],
  ['with an unknown dtype', file({ a: entry('F128', [1], 0, 4) }, four), /the dtype "F128", but must have one of F64,/],
  ['with bfloat16', file({ a: entry('BF16', [2], 0, 4) }, four), /the dtype "BF16"/],
  [
    'with a dtype that is a key of all objects',
    file({ a: entry('constructor', [1], 0, 4) }, four),
    /the dtype "constructor"/,
  ],
  ['with no dtype', file({ a: { shape: [4], data_offsets: [0, 4] } }, four), /the dtype nothing/],
  ['with a negative size', file({ a: entry('U8', [-2, -2], 0, 4) }, four), /a shape that is no list of sizes/],
  ['with a size of -0', file('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), /no list of sizes/],
  ['with half a size', file({ a: entry('U8', [1.5], 0, 4) }, four), /no list of sizes/],
  ['with a size as text', file({ a: entry('U8', ['4'], 0, 4) }, four), /no list of sizes/],
  [
    'with a size beyond 2^53',
    file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,4]}}', four),
    /no list of sizes/,
  ],
  [
    'with sizes whose product overflows',
    file({ a: entry('U8', Array(40).fill(2 ** 53 - 1), 0, 4) }, four),
    /4 bytes of data, but Infinity are needed/,
  ],
  [
    'with an empty size and others that overflow',
    file({ a: entry('U8', [...Array(40).fill(2 ** 53 - 1), 0], 0, 0) }),
    /but NaN are needed/,
  ],
  ['with negative offsets', file({ a: u8(4, -4, 0) }, four), /data_offsets that are not two places/],
  ['with offsets that go back', file({ a: u8(4, 4, 0) }, four), /has -4|-4 bytes of data/],
  ['with one offset', file({ a: { dtype: 'U8', shape: [4], data_offsets: [0] } }, four), /not two places/],
  ['with three offsets', file({ a: { dtype: 'U8', shape: [4], data_offsets: [0, 4, 4] } }, four), /not two places/],
  ['with offsets beyond the data', file({ a: u8(8, 0, 8) }, four), /has 4 bytes of data, but its tensors take 8/],
  [
    'with offsets of 2^53',
    file({ a: u8(4, 2 ** 53 - 5, 2 ** 53 - 1) }, four),
    /at 9007199254740987, but what is before it ends at 0/,
  ],
  [
    'with more shape than data',
    file({ a: u8(5, 0, 4) }, four),
    /has for "a" 4 bytes of data, but 5 are needed for U8 in the shape \[5\]/,
  ],
  [
    'with overlapping tensors',
    file({ a: u8(3, 0, 3), b: u8(2, 2, 4) }, four),
    /the data of "b" at 2, but what is before it ends at 3/,
  ],
  ['with two tensors in one place', file({ a: u8(4, 0, 4), b: u8(4, 0, 4) }, four), /the data of "b" at 0/],
  [
    'with a hole',
    file({ a: u8(1, 0, 1), b: u8(2, 2, 4) }, four),
    /the data of "b" at 2, but what is before it ends at 1/,
  ],
  [
    'with bytes before the first',
    file({ a: u8(3, 1, 4) }, four),
    /the data of "a" at 1, but what is before it ends at 0/,
  ],
  ['with bytes after the last', file({ a: u8(3, 0, 3) }, four), /has 4 bytes of data, but its tensors take 3/],
  [
    'with nothing in a billion rows',
    file({ a: entry('U8', [2 ** 30, 0], 0, 0) }),
    /without elements in 1073741824 rows/,
  ],
  [
    'with nothing in too many rows together',
    file({ a: entry('U8', [2 ** 20, 0], 0, 0), b: entry('U8', [0, 1], 0, 0) }),
    /without elements in 1048577 rows/,
  ],
  [
    'with a truth of 2',
    file({ a: entry('BOOL', [4], 0, 4) }, Uint8Array.of(0, 1, 2, 0)),
    /has 2 in "a"\[2\], but BOOL is 0 or 1/,
  ],
] as const) {
  test(`a body ${what} is refused`, () => {
    assert.throws(() => parseSafetensors(body, limit), { code: 'MALFORMED_BODY', message });
  });
}

test('more tensors than there may be are refused before any is made', () => {
  const entries = Array.from({ length: maxTensors + 1 }, (_, at) => [`t${at}`, u8(0, 0, 0)]);
  const body = file(Object.fromEntries(entries));
  assert.throws(() => parseSafetensors(body, limit), { message: /has 4097 tensors, but may have 4096 at most/ });
});

test('a long name does not come back in full', () => {
  const body = file({ ['x'.repeat(10_000)]: 1 });
  assert.throws(
    () => parseSafetensors(body, limit),
    ({ message }: Error) => message.length < 200,
  );
});

test('the names of all kinds of elements that can be written are those of the format', () => {
  const codes = dtypes
    .filter((dtype) => dtype !== 'string')
    .map((dtype: DType) => {
      const head = Buffer.from(
        printSafetensors([{ name: 'a', dtype, shape: [0], data: makeData(dtype, 0) }], {})[0] ?? [],
      );
      return JSON.parse(head.subarray(8).toString()).a.dtype;
    });
  assert.equal(codes.join(' '), 'F64 F32 F16 I8 I16 I32 I64 U8 U16 U32 U64 BOOL');
});
