import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LogSink, openLog } from './log.ts';
import type { LogLevel } from './log-level.ts';

/** The lines that a use of the log leaves behind. */
function written(format: 'text' | 'json', use: (log: LogSink['log']) => void, level: LogLevel = 'debug'): string[] {
  const lines: string[] = [];
  use(openLog({ format, level, destination: { write: (line) => lines.push(line) } }).log);
  return lines;
}

test('as JSON a line is one object with level, time, message and the fields', () => {
  const [line = '', second] = written('json', (log) => log('warn', 'look "here"', { requestId: 'f00d', count: 2 }));
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'warn', message: 'look "here"', requestId: 'f00d', count: 2 });
  assert.equal(new Date(String(time)).toISOString(), time);
  assert.deepEqual([line.endsWith('\n'), second], [true, undefined]);
});

for (const [level, word] of [
  ['debug', 'DEBUG'],
  ['info', 'INFO'],
  ['warn', 'WARNING'],
  ['error', 'ERROR'],
] as const) {
  test(`${level} is written as ${word}`, () => {
    const [line = ''] = written('text', (log) => log(level, 'x'));
    assert.ok(line.endsWith(` [${word}] [gateway] x\n`), line);
  });
}

test('what matters less than the level is left out', () => {
  const all = (log: LogSink['log']) => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, level);
  };
  const lines = written('json', all, 'warn').map((line) => (JSON.parse(line) as { message: string }).message);
  assert.deepEqual(lines, ['warn', 'error']);
});

test('as text a line reads as the reference writes it: local time, level, component, message, ids', () => {
  const ids = { trace: 'a'.repeat(32), requestId: 'b'.repeat(16), sampled: true, service: 'Demo' };
  const [line = '', other = ''] = written('text', (log) => {
    log('info', 'hello', { ...ids, worker: 2, list: [1, 2] });
    log('info', 'bye', { worker: 1, pid: 7 });
  });
  const [, time = '', rest] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}) (.*\n)$/.exec(line) ?? [];
  assert.ok(Math.abs(Date.parse(time.replace(/(\d\d)$/, ':$1')) - Date.now()) < 60_000, time);
  const trailer = `trace=${ids.trace},span=${ids.requestId},sampled=1,service.name=Demo,list=[1,2]`;
  assert.equal(rest, `[INFO] [entry_service:Demo:2] hello (${trailer})\n`);
  assert.match(other, / \[INFO\] \[gateway\] bye \(worker=1,pid=7\)\n$/);
});

test('as text a stack and its cause stand below the line, to the right of where lines begin', () => {
  const [line = ''] = written('text', (log) =>
    log('error', 'broke', { stack: 'Error: a\n    at b', cause: 'Error: c' }),
  );
  assert.match(line, /\[ERROR\] \[gateway\] broke\n {4}Error: a\n {8}at b\n {4}caused by:\n {4}Error: c\n$/);
});

test('as text nothing passes for another line, or moves the cursor', () => {
  const forged = '2026-05-01T12:00:00+0000 [INFO] [gateway] all is well';
  const [line = ''] = written('text', (log) => log('info', `a\r\n${forged}\u001b[2J\u009b`, { field: `b\n${forged}` }));
  assert.deepEqual(line.split('\n').filter((one) => /^\d/.test(one)).length, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
  assert.doesNotMatch(line, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
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

test('after its end a log writes nothing, and may be closed again', async () => {
  const lines: string[] = [];
  const { log, close } = openLog({ format: 'json', level: 'info', destination: { write: (line) => lines.push(line) } });
  await close();
  await close();
  log('error', 'too late');
  assert.deepEqual(lines, []);
});

test('what is buffered for a file is in it when the log is closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-log-'));
  const path = join(folder, 'log');
  const descriptor = openSync(path, 'w');
  const { log, close } = openLog({ format: 'json', level: 'info', destination: descriptor });
  log('info', 'kept');
  await close();
  assert.match(readFileSync(path, 'utf8'), /"message":"kept"\}\n$/);
  try {
    closeSync(descriptor);
  } catch {
    // closing the log may have closed its descriptor, too
  }
  rmSync(folder, { recursive: true });
});
