import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createNote, type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const health = createNote();
process.env.HEALTH_FILE = health.path;
after(() => health[Symbol.dispose]());
const say = (words: string) => writeFileSync(health.path, words);

const pidOf = async (service: Started) => (await (await service.post('/pid', {})).json()) as number;
const ask = async (service: Started, path: string) => {
  const response = await fetch(service.url + path);
  const text = await response.text();
  return [response.status, response.status === 200 ? '' : (JSON.parse(text) as { code: string }).code];
};

test('a worker that is not ready gets no new calls until it is, and the server is not ready meanwhile', async () => {
  say('');
  await using service = await start('health', { workers: 2 });
  const one = await pidOf(service);
  say(`${one} unready`);
  const line = await service.line(({ message }) => message.includes('gets no calls'));
  assert.match(line.message, /^worker [12] of Healthy gets no calls: its isReady hook ready said false$/);
  assert.deepEqual(await ask(service, '/readyz'), [503, 'NOT_READY']);
  assert.deepEqual(await ask(service, '/livez'), [200, '']);
  for (let call = 0; call < 5; call++) assert.notEqual(await pidOf(service), one);
  say(`${one} confused`);
  say('');
  await service.line(({ message }) => message.includes('gets calls again'));
  assert.deepEqual(await ask(service, '/readyz'), [200, '']);
});

test('a worker that is not alive is replaced, and finishes its calls', async () => {
  say('');
  using gate = createNote();
  rmSync(gate.path);
  await using service = await start('health', { workers: 1 });
  const before = await pidOf(service);
  const pending = service.post('/wait', { gate: gate.path });
  pending.catch(() => {});
  say(`${before} dead`);
  const line = await service.line(({ message }) => message.includes('leaves: '));
  assert.equal(
    line.message,
    'worker 1 of Healthy leaves: it was not alive: its isAlive hook alive said false, 3 times in a row; another one is started',
  );
  assert.notEqual(await pidOf(service), before);
  assert.deepEqual(
    [await ask(service, '/livez'), await ask(service, '/readyz')],
    [
      [200, ''],
      [200, ''],
    ],
  );
  writeFileSync(gate.path, '');
  assert.equal(await (await pending).json(), before);
});

test('the server says that it is not alive only when another worker is none the better, and alive again when one is', async () => {
  say('');
  await using service = await start('health', { workers: 1 });
  say('all dead');
  await service.line(({ message }) => message.includes('leaves: '));
  const line = await service.line(({ message }) => message.includes('could not be started again'));
  assert.match(line.message, /Healthy did not start: its isAlive hook alive said false; /);
  assert.deepEqual(await ask(service, '/livez'), [503, 'NOT_ALIVE']);
  assert.deepEqual(await ask(service, '/healthz'), [503, 'NOT_ALIVE']);
  say('');
  while ((await ask(service, '/livez'))[0] !== 200); // after three good answers in a row
  assert.ok((await pidOf(service)) > 0);
});

test('a service whose worker is not alive as it begins does not start', async () => {
  say('all dead');
  await assert.rejects(start('health'), /^ServiceError: Healthy did not start: its isAlive hook alive said false$/);
});

test('a service whose worker is not ready as it begins waits for it', async () => {
  say('all confused');
  const starting = start('health');
  let hasStarted = false;
  starting.then(() => {
    hasStarted = true;
  });
  await health.until(/(?:asked.*){5}/);
  assert.equal(hasStarted, false);
  say('');
  await using service = await starting;
  assert.deepEqual(await ask(service, '/readyz'), [200, '']);
});

test('a worker that is not ready in time is told with what its hook says', async () => {
  using written = writeFiles({
    'service.js': `import { defineService } from 'bentots';
      export const Never = defineService(
        class Never { hello() {} ready() { return false; } },
        { apis: { hello: { params: {} } }, isReady: 'ready', startTimeoutMs: 2500 },
      );`,
  });
  await assert.rejects(
    start(written.file),
    // On a slow machine the time may be up before the hook is asked.
    /Never did not start: it was not ready(?: \(its isReady hook ready said false\))? in time; make its/,
  );
});
