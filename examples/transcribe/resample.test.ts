import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Audio } from './audio.ts';
import { resample } from './resample.ts';

function tone(hertz: number, rate: number, seconds = 0.5): Audio {
  const samples = Float32Array.from({ length: seconds * rate }, (_, at) => Math.sin((2 * Math.PI * hertz * at) / rate));
  return { samples, rate };
}

/** The largest difference in the middle: at the ends there is nothing to compute from. */
function difference(a: Float32Array, b: Float32Array): number {
  const margin = 100;
  return Math.max(...a.subarray(margin, -margin).map((value, at) => Math.abs(value - (b[at + margin] ?? Number.NaN))));
}

for (const rate of [8_000, 22_050, 44_100, 48_000]) {
  test(`a tone keeps its height and loudness from ${rate} samples a second`, () => {
    const { samples, rate: to } = resample(tone(1_000, rate), 16_000);
    assert.deepEqual([samples.length, to], [8_000, 16_000]);
    assert.ok(
      difference(samples, tone(1_000, 16_000).samples) < 0.01,
      `${difference(samples, tone(1_000, 16_000).samples)}`,
    );
  });
}

test('a tone that is too high for the new rate is gone, and does not come back as another', () => {
  const { samples } = resample(tone(12_000, 48_000), 16_000);
  assert.ok(difference(samples, new Float32Array(samples.length)) < 0.01);
});

test('at the same rate nothing is touched', () => {
  const audio = tone(440, 16_000);
  assert.equal(resample(audio, 16_000).samples, audio.samples);
});

test('a single sample stays one', () => {
  assert.equal(resample({ samples: Float32Array.of(0.5), rate: 48_000 }, 16_000).samples.length, 1);
});
