import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LogSink, openLog } from './log.ts';

/** The lines that a use of the log leaves behind. */
function written(format: 'text' | 'json', use: (log: LogSink['log']) => void): string[] {
  const lines: string[] = [];
  use(openLog({ format, destination: { write: (line) => lines.push(line) } }).log);
  return lines;
}

test('as JSON a line is one object with level, time, message and the fields', () => {
  const [line = '', second] = written('json', (log) => log('warn', 'look "here"', { requestId: 'f00d', count: 2 }));
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'warn', message: 'look "here"', requestId: 'f00d', count: 2 });
  assert.equal(new Date(String(time)).toISOString(), time);
  assert.deepEqual([line.endsWith('\n'), second], [true, undefined]);
});

for (const level of ['debug', 'info', 'warn', 'error'] as const) {
  test(`${level} is written`, () => {
    assert.match(written('text', (log) => log(level, 'x'))[0] ?? '', new RegExp(`\\[${level.toUpperCase()}\\] x\n$`));
  });
}

test('as text a line reads time, level, message, and the fields in brackets', () => {
  const [line = ''] = written('text', (log) => log('info', 'hello', { a: 'b', n: 1, list: [1, 2] }));
  assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z \[INFO\] hello \(a=b,n=1,list=\[1,2\]\)\n$/);
});

test('as text a stack and its cause stand below the line', () => {
  const [line = ''] = written('text', (log) =>
    log('error', 'broke', { stack: 'Error: a\n    at b', cause: 'Error: c' }),
  );
  assert.match(line, /\[ERROR\] broke\nError: a\n {4}at b\ncaused by:\nError: c\n$/);
});

test('a line break in a message makes no second line of JSON', () => {
  const lines = written('json', (log) => log('info', 'a\n{"level":"error"}', { b: 'c\r\nd' }));
  assert.equal(lines.join('').split('\n').length, 2);
});

test('signs for formatting in a message are text', () => {
  const [line = ''] = written('json', (log) => log('info', '%s %d %j %%', { a: 1 }));
  assert.equal((JSON.parse(line) as { message: string }).message, '%s %d %j %%');
});

test('fields that JSON cannot say do not stop the log', () => {
  const round: Record<string, unknown> = {};
  round.self = round;
  for (const format of ['json', 'text'] as const) {
    assert.equal(written(format, (log) => log('info', 'x', { round, big: 5n, none: undefined })).length, 1);
  }
});

test('after its end a log writes nothing, and may be closed again', () => {
  const lines: string[] = [];
  const { log, close } = openLog({ format: 'json', destination: { write: (line) => lines.push(line) } });
  close();
  close();
  log('error', 'too late');
  assert.deepEqual(lines, []);
});

test('what is buffered for a file is in it when the log is closed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-log-'));
  const path = join(folder, 'log');
  const descriptor = openSync(path, 'w');
  const { log, close } = openLog({ format: 'json', destination: descriptor });
  log('info', 'kept');
  close();
  assert.match(readFileSync(path, 'utf8'), /"message":"kept"\}\n$/);
  try {
    closeSync(descriptor);
  } catch {
    // closing the log may have closed its descriptor, too
  }
  rmSync(folder, { recursive: true });
});
