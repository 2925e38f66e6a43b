import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Started, start } from './start.ts';

let inherits: Started;
before(async () => {
  inherits = await start('inherits');
});
after(() => inherits[Symbol.asyncDispose]());

test('methods of a base class in another file are served', async () => {
  const response = await inherits.post('/firstOf', { items: ['a', 'b'] });
  assert.deepEqual([response.status, await response.json()], [200, 'a']);
});

test('a generic of the base has the type that the derived class gives it', async () => {
  const response = await inherits.post('/firstOf', { items: [1] });
  const { error } = (await response.json()) as { error: string };
  assert.deepEqual([response.status, error], [400, 'invalid input: items[0] must be string, but is 1']);
});

test('an overriding method is called, and keeps the @api of its base unless it has its own', async () => {
  assert.equal(await (await inherits.post('/overridden', {})).text(), 'derived over base');
  assert.equal(await (await inherits.post('/renamed', {})).text(), 'derived');
});

test('hooks of the base run before those of the derived class', async () => {
  assert.deepEqual(await (await inherits.post('/hooks', {})).json(), ['base', 'derived']);
});

test('models of base and derived class are both there', async () => {
  assert.equal(await (await inherits.post('/models', {})).json(), true);
});
