import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type LogSink, openLog } from './log.ts';

const lineCount = 20_000;
const padding = 'x'.repeat(1000); // more than is kept, in so many lines

function flood({ log }: LogSink): void {
  for (let line = 0; line < lineCount; line++) log('info', padding);
}

/** What came, with what notices say was left out. */
function account(text: string): { readonly notices: number; readonly lines: number } {
  const messages = text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { message: string }).message);
  const leftOut = messages.flatMap((message) => /^(\d+) lines of the log were left out: /.exec(message)?.[1] ?? []);
  const came = messages.filter((message) => message === padding).length;
  return { notices: leftOut.length, lines: leftOut.reduce((sum, count) => sum + Number(count), came) };
}

/** A log into a pipe, whose reader takes nothing before he is told to; timers wait for the test. */
function openPipe(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = mkdtempSync(join(tmpdir(), 'bentots-log-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // without the flag it would wait for a writer
  const sink = openLog({ format: 'json', level: 'info', destination: openSync(path, 'w') });
  rmSync(folder, { recursive: true });
  const reader = new Socket({ fd, writable: false });
  return {
    ...sink,
    async readUntil(fits: (text: string) => boolean): Promise<string> {
      let text = '';
      reader.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      while (!fits(text)) await once(reader, 'data');
      reader.destroy();
      return text;
    },
  };
}

const withPipes = { skip: process.platform === 'win32' && 'a pipe there is written to as a file is' };
const hasNotice = (text: string) => /left out.*\n$/.test(text);

test('lines for which a pipe has no room are told of when it has some, all of them', withPipes, async (context) => {
  const log = openPipe(context);
  flood(log);
  for (let seconds = 0; seconds < 3; seconds++) context.mock.timers.tick(1000); // there is no room for a notice
  const text = await log.readUntil((read) => {
    context.mock.timers.tick(1000);
    return hasNotice(read);
  });
  assert.deepEqual(account(text), { notices: 1, lines: lineCount });
  await log.close();
});

test('lines that a pipe had no room for are told of at the end at the latest', withPipes, async (context) => {
  const log = openPipe(context);
  flood(log);
  const closing = log.close();
  assert.deepEqual(account(await log.readUntil(hasNotice)), { notices: 1, lines: lineCount });
  await closing;
});

test('lines that a file took too slowly are told of at the end at the latest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-log-'));
  const path = join(folder, 'log');
  const log = openLog({ format: 'json', level: 'info', destination: openSync(path, 'w') });
  flood(log);
  await log.close();
  assert.deepEqual(account(readFileSync(path, 'utf8')), { notices: 1, lines: lineCount });
  rmSync(folder, { recursive: true });
});

test('a log that is closed leaves at most one listener on standard output', withPipes, () => {
  const script = `
    const { openLog } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url))});
    const before = process.stdout.listenerCount('error');
    for (let logs = 0; logs < 12; logs++) await openLog({ format: 'json', level: 'info', destination: 1 }).close();
    process.stderr.write(String(process.stdout.listenerCount('error') - before));`;
  const { stderr } = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '1');
});
