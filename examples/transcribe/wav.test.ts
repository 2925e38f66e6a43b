import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunk, writeWav } from '../../test/write-wav.ts';
import { readWav } from './wav.ts';

const ramp = [0, 0.25, 0.5, -0.25, -0.5, -1];

for (const [name, kind, bits, digits] of [
  ['PCM of 8 bits', 1, 8, 2],
  ['PCM of 16 bits', 1, 16, 4],
  ['PCM of 24 bits', 1, 24, 6],
  ['PCM of 32 bits', 1, 32, 6],
  ['float of 32 bits', 3, 32, 6],
  ['float of 64 bits', 3, 64, 6],
] as const) {
  test(`${name} is read, in the plain form and in the extensible one`, () => {
    for (const isExtensible of [false, true]) {
      const { samples, rate } = readWav(writeWav(ramp, { rate: 22_050, kind, bits, isExtensible }));
      assert.equal(rate, 22_050);
      assert.deepEqual(
        [...samples].map((sample) => sample.toFixed(digits)),
        ramp.map((sample) => sample.toFixed(digits)),
      );
    }
  });
}

test('channels are mixed to one', () => {
  const { samples } = readWav(writeWav([0.5, 0.25, -0.5, 0.5], { rate: 44_100, channels: 2 }));
  assert.deepEqual([...samples], [0.375, 0]);
});

test('chunks that are not needed are passed over, also those of an odd length', () => {
  const before = [chunk('LIST', Buffer.from('INFOx')), chunk('bext', Buffer.alloc(602))];
  assert.equal(readWav(writeWav(ramp, { rate: 16_000, before })).samples.length, ramp.length);
});

test('a file that was written to a pipe, and does not know its length, is read to its end', () => {
  for (const size of [0, 0xffff_ffff])
    assert.equal(readWav(writeWav(ramp, { rate: 16_000, size })).samples.length, ramp.length);
});

test('a file in the middle of a larger buffer is read where it is', () => {
  const file = writeWav(ramp, { rate: 16_000 });
  const larger = Buffer.concat([Buffer.alloc(5), file, Buffer.alloc(3)]);
  assert.deepEqual(readWav(larger.subarray(5, 5 + file.length)), readWav(file));
});

test('numbers that are none are silence, and those that are too loud are cut', () => {
  const { samples } = readWav(
    writeWav([Number.NaN, 1e30, Number.NEGATIVE_INFINITY], { rate: 16_000, kind: 3, bits: 32 }),
  );
  assert.deepEqual([...samples], [0, 1, -1]);
});

test('what is no such file, or a damaged one, is refused with the reason', () => {
  const file = writeWav(ramp, { rate: 16_000 });
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [Buffer.from('ID3 a song'), /does not begin like one; convert it/],
    [Buffer.alloc(0), /does not begin like one/],
    [file.subarray(0, 12), /has no chunk "fmt "/],
    [file.subarray(0, 36), /has no chunk "data"/],
    [file.subarray(0, -2), /ends after 10 of 12 bytes of sound/],
    [writeWav([], { rate: 16_000 }), /has no samples/],
    [writeWav(ramp, { rate: 16_000, kind: 85 }), /of kind 85 with 16 bits/],
    [writeWav(ramp, { rate: 16_000, channels: 0 }), /has no channels/],
    [writeWav(ramp, { rate: 7 }), /has 7 samples a second/],
    [writeWav(ramp, { rate: 16_000, before: [chunk('LIST', Buffer.alloc(4), 0xffff_fff0)] }), /has no chunk "data"/],
  ];
  for (const [bytes, message] of cases)
    assert.throws(() => readWav(bytes), { name: 'ApiError', status: 422, code: 'AUDIO_UNREADABLE', message });
});

test('a recording of more than ten minutes is refused', () => {
  const tooLong = writeWav(new Uint8Array(8_000 * 601), { rate: 8_000, bits: 8 });
  assert.throws(() => readWav(tooLong), { status: 413, code: 'AUDIO_TOO_LONG', message: /601 seconds.* 600/ });
});
