/** The door for authors' tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCallError } from 'bentots/client';
import { startService } from 'bentots/testing';
import type { Notes } from './fixtures/notes.ts';

const target = new URL('./fixtures/notes.ts', import.meta.url);

for (const inProcess of [false, true]) {
  const where = inProcess ? 'in the process of the test' : 'in a process of its own';

  test(`a service ${where} is called by a typed client`, async () => {
    await using notes = await startService<Notes>(target, { inProcess });
    assert.equal(await notes.client.add('first'), 1);
    const read: string[] = [];
    for await (const note of notes.client.all()) read.push(note);
    assert.deepEqual(read, ['first']);
    assert.equal((await notes.client.pid()) === process.pid, inProcess);
  });

  test(`input and output are checked, and errors are those of the wire, ${where}`, async () => {
    await using notes = await startService<Notes>(target, { inProcess });
    const code = (outcome: Promise<unknown>) =>
      outcome.then(
        () => assert.fail('it was answered'),
        (error) => isCallError(error) && error.code,
      );
    assert.equal(await code(notes.client.add(1 as never)), 'INVALID_INPUT');
    assert.equal(await code(notes.client.refuses()), 'NO_NOTES');
    assert.equal(await code(notes.client.throws()), 'METHOD_FAILED');
    assert.equal(await code(notes.client.returnsFunction()), 'OUTPUT_INVALID');
    assert.equal(await code(notes.client.$with({ timeoutMs: 50 }).hang()), 'TIMEOUT');
  });

  test(`the log can be waited for and looked at, ${where}`, async () => {
    await using notes = await startService<Notes>(target, { inProcess });
    const line = notes.line(({ message }) => message === 'added');
    await notes.client.add('x');
    assert.equal((await line).length, 1);
    assert.ok(notes.log.some(({ level, message }) => level === 'info' && message.includes('path=/add')));
  });

  test(`leaving the block runs the shut-down hooks and ends the service, ${where}`, async () => {
    let url = '';
    let missing: Promise<unknown> | undefined;
    {
      await using notes = await startService<Notes>(target, { inProcess });
      url = notes.url;
      missing = notes.line(({ message }) => message === 'never said');
      missing.catch(() => {});
      await notes.client.add('x');
    }
    await assert.rejects(missing, /has stopped, and none of its \d+ log lines fits/);
    await assert.rejects(fetch(url));
  });

  for (const how of ['stop', 'kill'] as const) {
    test(`who waits for a line hears of server.${how}(), ${where}`, async () => {
      await using notes = await startService<Notes>(target, { inProcess });
      const missing = notes.line(({ message }) => message === 'never said');
      void notes.server[how]();
      await assert.rejects(missing, /has stopped, and none of its \d+ log lines fits/);
    });
  }
}

test('what a service in the process of the test gets and gives is copied, as on the way to another process', async () => {
  await using notes = await startService<Notes>(target, { inProcess: true });
  await notes.client.add('kept');
  assert.deepEqual(await notes.client.last(), { text: 'kept', at: new Date(0) });
});

test('each start has an instance of its own', async () => {
  await using one = await startService<Notes>(target, { inProcess: true });
  await using other = await startService<Notes>(target, { inProcess: true });
  assert.deepEqual([await one.client.add('a'), await other.client.add('b')], [1, 1]);
});

test('a class is chosen by the hash of a URL, or after a colon', async () => {
  await using byHash = await startService(new URL('./fixtures/notes.ts#Notes', import.meta.url), { inProcess: true });
  assert.equal(byHash.server.spec.name, 'Notes');
  await assert.rejects(startService(new URL('./fixtures/notes.ts#Others', import.meta.url)), {
    code: 'SERVICE_MISSING',
  });
});

test('a service that does not start rejects with what to mend, in the process of the test too', async () => {
  await assert.rejects(startService(new URL('./fixtures/nothing.ts', import.meta.url), { inProcess: true }), {
    code: 'TARGET_MISSING',
  });
  await assert.rejects(startService(new URL('./fixtures/bad-start.ts', import.meta.url), { inProcess: true }), {
    code: 'START_FAILED',
    message: /the start-up hook load threw: the weights are missing/,
  });
});
