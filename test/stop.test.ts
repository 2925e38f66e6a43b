import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { bento, urlIn } from './bento.ts';
import { createNote, dial, fixture, readAll } from './start.ts';

const post = (url: string, path: string, body: unknown) =>
  fetch(url + path, { method: 'POST', body: JSON.stringify(body) });

/** Longer than any test waits. */
const longDelay = ['--drain-delay', '90000', '--timeout-graceful-shutdown', '110000'];

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`on ${signal} requests under way finish, shut-down hooks run, and the command ends with 0`, async () => {
    await using command = bento(['serve', fixture('faults'), '--port', '0', '--drain-delay', '100']);
    using note = createNote();
    const url = urlIn(await command.says('Ctrl-C'));
    const pending = post(url, '/stubborn', { note: note.path, waitMs: 500 });
    await note.until('begun');
    command.child.kill(signal);
    await command.says('stopping');
    const response = await pending;
    assert.deepEqual([response.status, await response.text()], [200, 'late']);
    const { end } = await command.finished;
    assert.equal(end, 0);
    await assert.rejects(fetch(`${url}/livez`));
  });
}

test('for a while after SIGTERM every request is served, as the last one of its connection, while probes say 503', async () => {
  await using command = bento(['serve', fixture('faults'), '--port', '0', ...longDelay]);
  const url = urlIn(await command.says('Ctrl-C'));
  const open = await dial(url); // before the signal, and silent until after it
  command.child.kill('SIGTERM');
  await command.says('stopping');
  const fresh = await post(url, '/pid', {});
  assert.deepEqual([fresh.status, fresh.headers.get('connection')], [200, 'close']);
  const [ready, alive] = [await fetch(`${url}/readyz`), await fetch(`${url}/livez`)];
  const { code } = (await ready.json()) as { code: string };
  assert.deepEqual([ready.status, code, alive.status], [503, 'STOPPING', 200]);
  open.write('POST /pid HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
  assert.match(await readAll(open), /^HTTP\/1\.1 200 .*connection: close/is);
  command.child.kill('SIGINT');
  assert.equal((await command.finished).end, 130);
});

test('Ctrl-C stops without that delay, and shut-down hooks run', async () => {
  await using command = bento(['serve', fixture('everyday'), '--port', '0', ...longDelay]);
  await command.says('Ctrl-C');
  const startedMs = performance.now();
  command.child.kill('SIGINT');
  const { end, stdout } = await command.finished;
  assert.equal(end, 0);
  assert.match(stdout, /everyday: shut down/);
  assert.ok(performance.now() - startedMs < 90_000);
});

test('a request that is being sent when the server is told to stop is served', async () => {
  await using command = bento(['serve', fixture('faults'), '--port', '0']);
  const url = urlIn(await command.says('Ctrl-C'));
  const { hostname, port } = new URL(url);
  const slow = request({ hostname, port, path: '/pid', method: 'POST' });
  slow.write('{');
  const begun = /request_in_progress\{.*endpoint="\/pid".*\} 1\n/;
  while (!begun.test(await (await fetch(`${url}/metrics`)).text())) await setImmediate();
  command.child.kill('SIGINT');
  await command.says('stopping');
  slow.end('}');
  const [response] = await once(slow, 'response');
  response.resume();
  assert.deepEqual([response.statusCode, (await command.finished).end], [200, 0]);
});

test('shut-down hooks run in the order in which they are written, whichever throws, after a stream without end is cut', async () => {
  const words = [
    'serve',
    fixture('endings'),
    '--port',
    '0',
    '--timeout-graceful-shutdown',
    '3000',
    '--drain-delay',
    '0',
  ];
  await using command = bento(words);
  using note = createNote();
  const url = urlIn(await command.says('Ctrl-C'));
  const stream = await post(url, '/endless', { note: note.path });
  command.child.kill('SIGTERM');
  await assert.rejects(stream.text());
  const { end } = await command.finished;
  assert.deepEqual([end, note.text()], [0, 'base\nfirst\nsecond throws\nthird\n']);
});

test('a second signal ends everything at once', async () => {
  await using command = bento(['serve', fixture('faults'), '--port', '0']);
  using note = createNote();
  const url = urlIn(await command.says('Ctrl-C'));
  const pending = post(url, '/waits', { note: note.path });
  pending.catch(() => {});
  await note.until('\n');
  command.child.kill('SIGINT');
  await command.says('stopping');
  command.child.kill('SIGINT');
  assert.equal((await command.finished).end, 130);
  await assert.rejects(pending);
});

test('what needs longer than the time to stop is cut', async () => {
  await using command = bento(['serve', fixture('faults'), '--port', '0', '--timeout-graceful-shutdown', '300']);
  using note = createNote();
  const url = urlIn(await command.says('Ctrl-C'));
  const pending = post(url, '/loop', { note: note.path });
  pending.catch(() => {});
  await note.until('\n');
  command.child.kill('SIGTERM');
  assert.equal((await command.finished).end, 0);
  await assert.rejects(pending);
});

test('a signal while the service starts gives the start up', async () => {
  await using command = bento(['serve', fixture('slow-start'), '--port', '0'], {
    env: { SLOW_START_GATE: '/does/not/exist' },
  });
  await command.logs('slow-start: waiting');
  command.child.kill('SIGINT');
  const { end, stderr } = await command.finished;
  assert.deepEqual([end, /stopped before it was ready/.test(stderr)], [0, true]);
});

test('when the gateway is killed while a worker is in an endless loop, the worker is gone within 2 s', async () => {
  await using command = bento(['serve', fixture('faults'), '--port', '0']);
  using note = createNote();
  const url = urlIn(await command.says('Ctrl-C'));
  post(url, '/loop', { note: note.path }).catch(() => {});
  const worker = Number(await note.until('\n'));
  process.kill(worker, 0); // it lives
  command.child.kill('SIGKILL');
  await once(command.child, 'exit');
  const { end } = await Promise.race([
    command.finished, // closed only when the worker has let go of the pipes, too
    once(AbortSignal.timeout(2000), 'abort').then((): never => assert.fail(`worker ${worker} still runs 2 s later`)),
  ]);
  assert.equal(end, 'SIGKILL');
});
