import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWaitingLine, type WaitingLine } from './waiting-line.ts';

function takeAll(line: WaitingLine<string>): string {
  let taken = '';
  for (let value = line.take(); value !== undefined; value = line.take()) taken += value;
  return taken;
}

/** A line in which each letter is a call: upper-case ones of one caller, lower-case ones of another, digits of a third. */
function lineOf(text: string) {
  const line = createWaitingLine<string>();
  const callerOf = (letter: string) => (/\d/.test(letter) ? 'third' : letter === letter.toUpperCase() ? 'up' : 'low');
  const places = new Map([...text].map((letter) => [letter, line.join(letter, callerOf(letter))] as const));
  const leave = (letter: string) => line.leave(places.get(letter) ?? assert.fail());
  return { line, leave, join: (letter: string) => line.join(letter, callerOf(letter)) };
}

test('calls of one caller go in the order in which they came', () => {
  assert.equal(takeAll(lineOf('ABCD').line), 'ABCD');
});

test('callers take turns, whoever came first', () => {
  assert.equal(takeAll(lineOf('ABCDab1').line), 'Aa1BbCD');
});

test('who comes later is the last of the round', () => {
  const { line, join } = lineOf('ABab');
  assert.equal(line.take(), 'A');
  join('1');
  assert.equal(takeAll(line), 'aB1b');
});

test('whoever steps out, from anywhere, is not met again', () => {
  const { line, leave } = lineOf('ABCabc');
  assert.deepEqual([leave('A'), leave('b'), leave('C'), leave('A')], [true, true, true, false]);
  assert.equal(line.count, 3);
  assert.equal(takeAll(line), 'Bac');
  assert.equal(leave('B'), false);
});

test('a caller whose last call leaves is out of the round', () => {
  const { line, leave } = lineOf('Aab');
  leave('A');
  assert.deepEqual([line.head, line.callerCount], ['a', 1]);
  leave('a');
  leave('b');
  assert.deepEqual([line.head, line.callerCount, line.take(), line.count], [undefined, 0, undefined, 0]);
});

test('a line tells how much each has in it, and what came last of who has most', () => {
  const { line } = lineOf('AabcB1');
  assert.deepEqual([line.countOf('up'), line.countOf('low'), line.countOf('nobody')], [2, 3, 0]);
  assert.deepEqual(line.longest(), { newest: 'c', count: 3 });
});

test('a hundred thousand that leave from the middle take no time that grows with the line', () => {
  const line = createWaitingLine<number>();
  const places = Array.from({ length: 100_000 }, (_, at) => line.join(at, `caller ${at % 1000}`));
  const begun = performance.now();
  for (const place of places.slice(50_000)) line.leave(place);
  assert.ok(performance.now() - begun < 5000); // searching for each would take 5 billion steps
  assert.equal(line.count, 50_000);
});
