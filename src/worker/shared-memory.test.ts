import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { test } from 'node:test';
import { createSharedMemory, openSharedMemory, type SharedLimits } from './shared-memory.ts';

const isLinux = process.platform === 'linux';
const kibibyte = 1024;

/** Both ends, as if they were of two processes. */
function open(limits?: SharedLimits) {
  const opened = openSharedMemory();
  assert.ok(opened, 'this machine has no /dev/shm');
  const { toWorker, toGateway, memory } = opened;
  const gateway = limits ? createSharedMemory(toWorker, toGateway, limits) : memory;
  const worker = createSharedMemory(toGateway, toWorker, limits);
  return {
    gateway,
    worker,
    /** What lies in the file that the gateway writes. */
    get sizeBytes() {
      return fstatSync(toWorker).size;
    },
    toWorker,
    [Symbol.dispose]: () => memory.close(),
  };
}

function pack(end: { pack(message: unknown): Uint8Array | undefined }, message: unknown): Uint8Array {
  const packed = end.pack(message);
  assert.ok(packed);
  return packed;
}

test('large bytes of every kind come out as they went in, and what crosses on the line stays small', {
  skip: !isLinux,
}, () => {
  using both = open();
  const source = Uint8Array.from({ length: 128 * kibibyte + 8 }, (_, at) => at % 251);
  const { buffer } = source;
  for (const view of [
    source,
    new Int8Array(buffer, 8),
    new Uint8ClampedArray(buffer),
    new Uint16Array(buffer, 8),
    new Int16Array(buffer),
    new Uint32Array(buffer),
    new Int32Array(buffer),
    new Float32Array(buffer, 4, 30_000),
    new Float64Array(buffer, 8),
    new BigUint64Array(buffer),
    new BigInt64Array(buffer),
  ]) {
    const message = {
      kind: 'call',
      id: 7,
      args: [[/tensor/, { dtype: 'x', shape: [view.length], data: view }], 'text'],
    };
    const packed = pack(both.gateway, message);
    assert.ok(packed.length < kibibyte, `${view.constructor.name} took ${packed.length} bytes on the line`);
    assert.deepEqual(both.worker.unpack(packed), message);
    both.gateway.release(both.worker.takeDone() ?? []);
  }
});

test('a message without large bytes is left to the line, and so are those that lie deep in much else', {
  skip: !isLinux,
}, () => {
  using both = open();
  const large = new Uint8Array(128 * kibibyte);
  assert.equal(both.gateway.pack({ data: new Float32Array(100) }), undefined);
  assert.equal(
    both.gateway.pack({ items: Array.from({ length: 1000 }, (_, at) => (at < 900 ? { at } : large)) }),
    undefined,
  );
  assert.equal(both.sizeBytes, 0);
});

test('small bytes beside large ones, maps, dates and big integers cross as on the line', { skip: !isLinux }, () => {
  using both = open();
  const message = {
    large: new Float64Array(10_000).fill(Math.PI),
    small: new Float32Array([1, 2]),
    view: new DataView(new ArrayBuffer(8)),
    map: new Map([['at', new Date(5)]]),
    big: 2n ** 70n,
    buffer: Buffer.from('as it was'),
  };
  assert.deepEqual(both.worker.unpack(pack(both.gateway, message)), message);
});

test('places are used again once the other end has copied what lay there, and not before', { skip: !isLinux }, () => {
  using both = open();
  const messages = Array.from({ length: 3 }, (_, at) => ({ data: new Uint8Array(100 * kibibyte).fill(at + 1) }));
  const packed = messages.map((message) => pack(both.gateway, message));
  const { sizeBytes } = both;
  assert.equal(sizeBytes, 300 * kibibyte);
  assert.deepEqual(both.worker.unpack(packed[1] as Uint8Array), messages[1]);
  both.gateway.release(both.worker.takeDone() ?? []);
  assert.equal(both.worker.takeDone(), undefined);
  const next = { data: new Uint8Array(90 * kibibyte).fill(9) };
  const later = pack(both.gateway, next);
  assert.equal(both.sizeBytes, sizeBytes, 'the gap is filled');
  assert.deepEqual(
    [packed[0], packed[2], later].map((one) => both.worker.unpack(one as Uint8Array)),
    [messages[0], messages[2], next],
  );
});

test('what finds no room crosses on the line', { skip: !isLinux }, () => {
  using both = open({ limitBytes: 256 * kibibyte, keptBytes: 0 });
  const message = { data: new Uint8Array(200 * kibibyte).fill(3) };
  pack(both.gateway, message);
  const second = pack(both.gateway, message);
  assert.ok(second.length > 200 * kibibyte);
  assert.deepEqual(both.worker.unpack(second), message);
});

test('where the file takes nothing everything crosses on the line', { skip: !isLinux }, () => {
  const descriptor = openSync(devNull, 'r'); // as a full system, it refuses every byte
  try {
    const message = { data: new Uint8Array(200 * kibibyte).fill(3) };
    const packed = pack(createSharedMemory(descriptor, descriptor), message);
    assert.deepEqual(createSharedMemory(descriptor, descriptor).unpack(packed), message);
  } finally {
    closeSync(descriptor);
  }
});

test('memory above what is kept is given back once nothing lies in it', { skip: !isLinux }, () => {
  using both = open({ limitBytes: 1024 * kibibyte, keptBytes: 128 * kibibyte });
  const few = { data: new Uint8Array(100 * kibibyte) };
  both.worker.unpack(pack(both.gateway, few));
  both.gateway.release(both.worker.takeDone() ?? []);
  assert.equal(both.sizeBytes, 100 * kibibyte);
  const packed = [few, few].map((message) => pack(both.gateway, message));
  for (const one of packed) both.worker.unpack(one);
  assert.equal(both.worker.owesMuch, true);
  both.gateway.release(both.worker.takeDone() ?? []);
  assert.deepEqual([both.sizeBytes, both.worker.owesMuch], [0, false]);
});

test('a message that cannot cross leaves nothing behind', { skip: !isLinux }, () => {
  using both = open({ limitBytes: 1024 * kibibyte, keptBytes: 0 });
  assert.throws(() => both.gateway.pack({ data: new Uint8Array(100 * kibibyte), run: () => 1 }), /could not be cloned/);
  assert.equal(both.sizeBytes, 0);
});

test('a message that names what does not lie there is refused', { skip: !isLinux }, () => {
  using both = open();
  const packed = pack(both.gateway, { data: new Uint8Array(100 * kibibyte) });
  const bytes = Buffer.from(packed);
  const length = Buffer.alloc(8);
  length.writeDoubleLE(100 * kibibyte);
  const at = bytes.indexOf(length);
  assert.ok(at > 0);
  for (const [wrong, message] of [
    [100 * kibibyte + 1, /ends before/],
    [-1, RangeError],
    [2 ** 40, /no value has/],
    [Number.NaN, RangeError],
  ] as const) {
    bytes.writeDoubleLE(wrong, at);
    assert.throws(() => both.worker.unpack(bytes), message, `${wrong} bytes`);
  }
});

test('once it is closed nothing goes in or comes out, also when other files have got the descriptors', {
  skip: !isLinux,
}, () => {
  using both = open();
  const packed = pack(both.gateway, { data: new Uint8Array(100 * kibibyte) });
  both.gateway.close();
  const others = [openSync(devNull, 'r+'), openSync(devNull, 'r+')];
  assert.equal(both.gateway.pack({ data: new Uint8Array(100 * kibibyte) }), undefined);
  assert.throws(() => both.gateway.unpack(packed), /closed/);
  both.gateway.close();
  for (const descriptor of others) closeSync(descriptor); // throws where it was closed for another one
});
