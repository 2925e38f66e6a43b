import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createNote, type Started, start } from './start.ts';

const isWindows = process.platform === 'win32'; // has no SIGSTOP

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
const pidOf = async (service: Started) => Number(await (await service.post('/pid', {})).text());
const endOf = (service: Started) => service.line(({ message }) => / ended after /.test(message));

test('a worker in an endless loop is replaced, and what came after the time-out waits for the next one', async () => {
  await using service = await start('hangs');
  using note = createNote();
  const looping = service.post('/loop', { note: note.path });
  const pid = Number(await note.until('\n'));
  const response = await looping;
  assert.deepEqual([response.status, await codeOf(response)], [504, 'TIMEOUT'], 'its caller is answered in time');
  let next = await service.post('/pid', {}); // sent while the worker is still in its loop
  while (next.status !== 200) {
    assert.equal(await codeOf(next), 'TIMEOUT', 'on a slow machine it may wait for too long, but it is not lost');
    next = await service.post('/pid', {});
  }
  assert.notEqual(Number(await next.text()), pid);
  const { level, message, reason, pid: ended } = await endOf(service);
  assert.deepEqual([level, reason, ended], ['error', 'hung', pid]);
  assert.match(
    message,
    /: it was killed, since it gave no sign of life for \d+ ms after the time of loop was up; another/,
  );
});

test('a worker that is stopped by a signal is replaced when a call of it has timed out', {
  skip: isWindows,
}, async () => {
  await using service = await start('hangs', { workers: 2 });
  using note = createNote();
  const waiting = service.post('/waitsFor', { file: `${note.path}.none` });
  await service.post('/ignores', { note: note.path }, { headers: { 'x-request-timeout-ms': '100' } });
  const pid = Number(note.text());
  process.kill(pid, 'SIGSTOP');
  assert.equal((await waiting).status, 504);
  const { reason, pid: ended } = await endOf(service);
  assert.deepEqual([reason, ended], ['hung', pid]);
  assert.notEqual(await pidOf(service), pid);
});

test('a model that holds its thread for less than the time of a call is at work, however short its callers wait', async () => {
  await using service = await start('hangs');
  const pid = await pidOf(service);
  const late = service.post('/block', { forMs: 1500 }, { headers: { 'x-request-timeout-ms': '50' } });
  assert.equal((await late).status, 504);
  assert.equal(await pidOf(service), pid, 'the same process, once its thread is free');
  assert.deepEqual(
    service.log.filter(({ message }) => message.includes(' ended ')),
    [],
  );
});

test('a worker whose call goes on after its time is replaced; the others that it has finish', async () => {
  await using service = await start('hangs');
  using note = createNote();
  const ignored = service.post('/ignores', { note: note.path });
  const pid = Number(await note.until('\n'));
  assert.equal((await ignored).status, 504);
  const other = service.post('/waitsFor', { file: `${note.path}.go` }); // of the same worker: there is one
  const { level, message } = await service.line((line) => line.message.includes(' leaves'));
  assert.equal(level, 'error');
  assert.match(
    message,
    /^worker 1 of Hangs leaves: ignores went on for \d+ ms after its time was up; another one is started$/,
  );
  writeFileSync(`${note.path}.go`, ''); // before another worker is there, which may take as long as the call is given
  assert.equal(await (await other).text(), String(pid));
  assert.notEqual(await pidOf(service), pid);
});

test('a worker that is stopped by a signal does not hold up the end of the server', { skip: isWindows }, async () => {
  await using service = await start('hangs', { gracefulTimeoutMs: 200 });
  const pid = await pidOf(service);
  process.kill(pid, 'SIGSTOP');
  await service.server.stop();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

for (const method of ['halves', 'greets']) {
  test(`a batch that goes on after its time is found, though others in it had their answers (${method})`, async () => {
    await using service = await start('hangs');
    using note = createNote();
    const headers = { accept: method === 'greets' ? 'text/event-stream' : 'application/json' };
    const ask = async (name: string) =>
      (await service.post(`/${method}`, { names: [name], note: note.path }, { headers })).text();
    const [answer, late] = await Promise.all(['ends', 'hangs'].map(ask));
    assert.match(answer as string, /^\["ends"\]$|hello.*event: end/s);
    assert.match(late as string, /TIMEOUT/);
    await note.until('aborted\n');
    const { message } = await service.line((line) => line.message.includes(' leaves'));
    assert.match(message, new RegExp(`: ${method} went on for \\d+ ms after its time was up; another one is started$`));
    assert.equal(note.text(), 'aborted\n');
  });
}
