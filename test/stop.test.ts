import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { bento, urlIn } from './bento.ts';
import { createNote, fixture } from './start.ts';

const post = (url: string, path: string, body: unknown) =>
  fetch(url + path, { method: 'POST', body: JSON.stringify(body) });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`on ${signal} requests under way finish, shut-down hooks run, and the command ends with 0`, async () => {
    await using command = bento(['serve', fixture('faults'), '--port', '0']);
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

test('shut-down hooks run when the server stops', async () => {
  await using command = bento(['serve', fixture('everyday'), '--port', '0']);
  await command.says('Ctrl-C');
  command.child.kill('SIGTERM');
  const { end, stdout } = await command.finished;
  assert.equal(end, 0);
  assert.match(stdout, /everyday: shut down/);
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
