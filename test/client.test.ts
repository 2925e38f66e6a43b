/** The typed client against the real gateway: what one sends the other has to read. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, createClient, isCallError } from 'bentots/client';
import type { Everyday } from './fixtures/everyday.ts';
import type { Faults } from './fixtures/faults.ts';
import { createNote, type Started, start } from './start.ts';

let everyday: Started;
let client: Client<Everyday>;
before(async () => {
  everyday = await start('everyday');
  client = createClient<Everyday>(everyday.url);
});
after(() => everyday[Symbol.asyncDispose]());

test('methods take their arguments by position and give what the class gives', async () => {
  const sum: number = await client.add(2, 3);
  assert.equal(sum, 5);
  assert.equal(await client.add(2), 3);
  assert.equal(await client.greet({ name: 'Ada' }), 'Hello, Ada!');
  assert.deepEqual(await client.echo({ name: 'Ada', friends: [{ name: 'Grace' }] }), {
    name: 'Ada',
    friends: [{ name: 'Grace' }],
  });
  assert.equal(await client.maybe(false), null);
  assert.deepEqual(await client.gaps(), [1, null, null]);
  assert.equal(await client.routed(), true);
});

test('a context is not for the caller to give', async () => {
  assert.match(await client.context('hi'), /^hi \d+ \/context true$/);
});

test('streams can be iterated at once, item by item, whatever the items are', async () => {
  assert.deepEqual(
    await Array.fromAsync(client.count(1000)),
    Array.from({ length: 1000 }, (_, index) => index + 1),
  );
  assert.deepEqual(await Array.fromAsync(client.words()), ['a', 'bc', 'd\n']);
  assert.deepEqual(await Array.fromAsync(client.people()), [{ name: 'Ada' }, { name: 'Grace' }]);
});

test('errors carry the code, the status and the violations', async () => {
  const error: unknown = await client.add('two' as unknown as number).catch((reason: unknown) => reason);
  assert.ok(isCallError(error, 'INVALID_INPUT'));
  assert.deepEqual(
    [error.status, error.message, error.detail[0]?.loc],
    [400, 'invalid input: a must be number, but is "two"', ['a']],
  );
  await assert.rejects(
    client.refuses(422),
    (reason) => isCallError(reason) && reason.code === 'MY_CODE' && reason.status === 422,
  );
  await assert.rejects(
    client.throws(),
    (reason) => isCallError(reason, 'METHOD_FAILED') && !reason.message.includes('secret'),
  );
});

test('a stream that fails midway gives its items first and then the error', async () => {
  const seen: number[] = [];
  const read = async () => {
    for await (const n of client.breaks(3)) seen.push(n);
  };
  await assert.rejects(read(), (reason) => isCallError(reason, 'METHOD_FAILED'));
  assert.deepEqual(seen, [0, 1, 2]);
});

test('a deadline crosses to the method, and leaving a stream ends its generator', async () => {
  await using faults = await start('faults');
  const misbehaving = createClient<Faults>(faults.url);
  using hung = createNote();
  await assert.rejects(misbehaving.$with({ timeoutMs: 300 }).hang(hung.path), (reason) =>
    isCallError(reason, 'TIMEOUT'),
  );
  assert.match(await hung.until('aborted'), /TimeoutError/);
  using endless = createNote();
  for await (const item of misbehaving.endless(endless.path)) {
    assert.equal(item.length, 1000);
    break;
  }
  assert.match(await endless.until('ended'), /aborted true/);
});
