import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createNote, type LogLine, type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const note = createNote();
const broken = createNote(); // while it is there, no worker starts
rmSync(broken.path);
Object.assign(process.env, { RECYCLED_NOTE: note.path, RECYCLED_BROKEN: broken.path });
after(() => {
  note[Symbol.dispose]();
  broken[Symbol.dispose]();
});

interface Who {
  readonly place: string;
  readonly pid: number;
}

const gavePlace = ({ message }: LogLine) => message.includes('gave its place to another one');

async function call(service: Started): Promise<Who> {
  const response = await service.post('/who', {});
  assert.equal(response.status, 200);
  return (await response.json()) as Who;
}

/** Calls four at a time until that is enough, and gives all that they say. */
async function callUntil(isEnough: (said: readonly Who[]) => boolean, service: Started): Promise<Who[]> {
  const said: Who[] = [];
  const caller = async () => {
    while (!isEnough(said)) said.push(await call(service));
  };
  await Promise.all([1, 2, 3, 4].map(caller));
  return said;
}

test('workers are replaced after some requests: each keeps its place, none is lost, readiness holds', async () => {
  await using service = await start('recycled', { workers: 2 });
  let isOver = false;
  let notReady = 0;
  const probes = (async () => {
    while (!isOver) if ((await fetch(`${service.url}/readyz`)).status !== 200) notReady++;
  })();
  const processes = (said: readonly Who[]) => new Set(said.map(({ pid }) => pid)).size;
  const said = await callUntil((sofar) => processes(sofar) > 2, service);
  isOver = true;
  await probes;
  assert.equal(notReady, 0);
  assert.deepEqual([...new Set(said.map(({ place }) => place))].sort(), ['bentots Recycled 1', 'bentots Recycled 2']);
});

test('a stream ends on the worker on which it began, which shuts down only then', async () => {
  using gate = createNote();
  rmSync(gate.path);
  await using service = await start('recycled', { workers: 1 });
  const stream = await service.post('/longer', { gate: gate.path });
  const { pid: before } = await call(service);
  const said = await callUntil((sofar) => sofar.some(({ pid }) => pid !== before), service);
  const { pid: last } = await call(service);
  assert.notEqual(last, before);
  assert.ok(said.length >= 14, 'it had taken four fifths of its requests at least');
  assert.ok(!note.text().includes(`${before} has shut down`), 'its stream goes on');
  writeFileSync(gate.path, '');
  assert.match(await stream.text(), new RegExp(`^${before}\n\\.*\n${before}$`));
  await note.until(`${before} has shut down`);
});

test('a worker whose memory grows above its limit is replaced', async () => {
  await using service = await start('recycled', { workers: 1 });
  for (let calls = 0; calls < 8; calls++) assert.equal((await service.post('/leak', {})).status, 200);
  const line = await service.line(gavePlace);
  assert.match(line.message, /^worker 1 of Recycled gave its place to another one, since it has a heap of \d+ MiB$/);
});

test('a worker whose successor does not start goes on, and the log says why', async () => {
  await using service = await start('recycled', { workers: 1 });
  const { pid: before } = await call(service);
  writeFileSync(broken.path, '');
  for (let calls = 0; calls < 20; calls++) await call(service);
  const line = await service.line(({ level }) => level === 'error');
  assert.equal(
    line.message,
    'worker 1 of Recycled goes on, since none could take its place: Recycled did not start: the start-up hook start threw: broken now',
  );
  assert.equal((await call(service)).pid, before);
  rmSync(broken.path);
  await service.line(gavePlace);
  assert.notEqual((await call(service)).pid, before);
});

test('a worker that does not get done with leaving is killed', async () => {
  using written = writeFiles({
    'service.ts': `import { api, onShutdown, service } from 'bentots';
      @service({ recycle: { maxRequests: 1 }, traffic: { timeoutMs: 500 } })
      export class Clinging {
        @onShutdown cling() { return new Promise(() => {}); }
        @api() hello(): string { return 'hello'; }
      }`,
  });
  await using service = await start(written.file, { gracefulTimeoutMs: 100 });
  assert.equal(await (await service.post('/hello', {})).text(), 'hello');
  const line = await service.line(({ message }) => message.includes('leaving'));
  assert.match(line.message, /^worker 1 of Clinging ended after .* s, as it was leaving: it was killed by the server$/);
});
