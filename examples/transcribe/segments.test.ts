import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutAtPauses } from './segments.ts';

const rate = 8_000;

/** Noise with silence at the given seconds, each half a second long. */
function speech(seconds: number, pauses: readonly number[] = []): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, at) => {
    const isPause = pauses.some((pause) => at >= pause * rate && at < (pause + 0.5) * rate);
    return isPause ? 0 : at % 2 === 0 ? 0.5 : -0.5;
  });
}

function lengths(samples: Float32Array): number[] {
  return cutAtPauses({ samples, rate }).map((piece) => piece.samples.length / rate);
}

test('what is short enough is one piece', () => {
  assert.deepEqual(lengths(speech(15, [8])), [15]);
});

test('what is longer is cut in a pause', () => {
  const [first = 0, second = 0, ...rest] = lengths(speech(24, [3, 12]));
  assert.deepEqual([first + second, rest], [24, []]);
  assert.ok(first > 12 && first < 12.5, `${first}`);
});

test('without a pause, pieces are of bounded length and nothing is lost', () => {
  const pieces = lengths(speech(100));
  assert.ok(
    pieces.every((seconds) => seconds > 0 && seconds <= 15),
    `${pieces}`,
  );
  assert.equal(Math.round(pieces.reduce((sum, seconds) => sum + seconds) * rate), 100 * rate);
});

test('silence has no pieces, and neither has nothing', () => {
  assert.deepEqual(lengths(new Float32Array(40 * rate)), []);
  assert.deepEqual(lengths(new Float32Array(0)), []);
});
