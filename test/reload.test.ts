import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type ServeOptions, serve } from 'bentots/serve';
import { createNote } from './start.ts';
import { versionSource } from './versions.ts';
import { writeFiles } from './write-service.ts';

/** Serves `Versioned`, whose source a test writes anew. */
async function serveVersion(first: string, options: ServeOptions = {}) {
  const written = writeFiles({ 'service.ts': first });
  const log: string[] = [];
  const server = await serve(written.file, { port: 0, logTo: { write: (line) => log.push(line) }, ...options });
  return {
    ...written,
    server,
    log,
    save: (source: string) => writeFileSync(written.file, source),
    /** A folder in which a test makes files that the service waits for. */
    createGate: () => mkdtempSync(join(written.folder, 'gate-')),
    post: (path: string, body: unknown = {}) =>
      fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      written[Symbol.dispose]();
    },
  };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('reload serves what the source says now, with its schema', async () => {
  await using versioned = await serveVersion(versionSource('one'));
  versioned.save(versionSource('two', { more: '  @api() fresh(): number { return 1; }\n' }));
  assert.equal(await (await versioned.post('/version')).text(), 'one');
  await versioned.server.reload();
  assert.equal(await (await versioned.post('/version')).text(), 'two');
  assert.equal(await (await versioned.post('/fresh')).text(), '1');
  assert.match(await (await fetch(`${versioned.server.url}/schema.json`)).text(), /"fresh"/);
  assert.ok(versioned.server.spec.apis.some(({ name }) => name === 'fresh'));
});

test('no request fails while the service is reloaded again and again, and metrics go on counting', async () => {
  await using versioned = await serveVersion(versionSource('0'), { workers: 2 });
  let isOver = false;
  const seen = new Set<string>();
  const clients = Array.from({ length: 8 }, async () => {
    let count = 0;
    while (!isOver) {
      const response = await versioned.post('/version');
      const body = await response.text();
      assert.equal(response.status, 200, body);
      seen.add(body);
      count++;
    }
    return count;
  });
  let asked = 0;
  for (const version of ['1', '2', '3']) {
    versioned.save(versionSource(version));
    await versioned.server.reload();
    do {
      await versioned.post('/version');
      asked++;
    } while (!seen.has(version)); // each client finishes what it asked before
  }
  isOver = true;
  const counts = await Promise.all(clients);
  const total = counts.reduce((sum, count) => sum + count, asked);
  assert.deepEqual([...seen].sort(), ['0', '1', '2', '3']);
  const metrics = await (await fetch(`${versioned.server.url}/metrics`)).text();
  assert.match(metrics, new RegExp(`request_total\\{.*endpoint="/version".*200.*\\} ${total}\n`));
  assert.equal(versioned.log.filter((line) => line.includes('"level":"error"')).length, 0);
});

test('a call and a stream that began before the reload finish on the old workers, which end then', async () => {
  await using versioned = await serveVersion(versionSource('one'));
  using note = createNote();
  versioned.save(versionSource('one', { note: note.path }));
  await versioned.server.reload();
  const old = Number(await (await versioned.post('/pid')).text());
  const gate = versioned.createGate();
  const call = versioned.post('/held', { release: join(gate, 'go') });
  await note.until('held one');
  const stream = await versioned.post('/lines', { folder: gate, count: 3 });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, 'one 1\n');

  versioned.save(versionSource('two'));
  await versioned.server.reload();
  assert.equal(await (await versioned.post('/version')).text(), 'two');
  assert.ok(isAlive(old));
  writeFileSync(join(gate, '2'), '');
  assert.equal((await reader?.read())?.value, 'one 2\n');
  writeFileSync(join(gate, 'go'), '');
  assert.equal(await (await call).text(), 'one');
  writeFileSync(join(gate, '3'), '');
  assert.equal((await reader?.read())?.value, 'one 3\n');
  assert.equal((await reader?.read())?.done, true);

  await versioned.server.reload(); // waits until there is room for one more
  assert.ok(!isAlive(old));
});

test('a request whose body is on its way keeps the generation that it began with', async () => {
  await using versioned = await serveVersion(versionSource('one'));
  const { hostname, port } = new URL(versioned.server.url);
  const slow = request({ hostname, port, path: '/echo', method: 'POST' });
  slow.write('{"text":');
  const begun = /request_in_progress\{.*endpoint="\/echo".*\} 1\n/;
  while (!begun.test(await (await fetch(`${versioned.server.url}/metrics`)).text())) await setImmediate();
  versioned.save(versionSource('two'));
  await versioned.server.reload();
  assert.equal(await (await versioned.post('/version')).text(), 'two');
  slow.end('"abc"}');
  const [response] = await once(slow, 'response');
  assert.deepEqual([response.statusCode, await text(response)], [200, 'one 3']);
});

test('a reload that fails says why, and the old version goes on until the next one', async () => {
  await using versioned = await serveVersion(versionSource('one'));
  const broken = {
    'a syntax error': ['export class {', 'SOURCE_BROKEN'],
    'a type that cannot be sent': [versionSource('x', { more: '@api() f(a: symbol): void {}\n' }), 'TYPE_UNSUPPORTED'],
    'a mistake with a decorator': [
      versionSource('x').replace('@service()', "@service({ nam: 'x' } as object)"),
      'OPTION_UNKNOWN',
    ],
    'a hook that throws': [
      versionSource('x').replace("say('starting')", "throw new Error('no weights')"),
      'START_FAILED',
    ],
    'a file without a service': ['export {}', 'SERVICE_MISSING'],
  };
  for (const [what, [source = '', code]] of Object.entries(broken)) {
    versioned.save(source);
    await assert.rejects(versioned.server.reload(), { code }, what);
    assert.equal(await (await versioned.post('/version')).text(), 'one', what);
    assert.equal((await fetch(`${versioned.server.url}/readyz`)).status, 200, what);
  }
  versioned.save(versionSource('two'));
  await versioned.server.reload();
  assert.equal(await (await versioned.post('/version')).text(), 'two');
});

test('reloads that are asked for while one is under way are one, and readiness does not change', async () => {
  await using versioned = await serveVersion(versionSource('one'));
  using note = createNote();
  const gate = join(versioned.createGate(), 'go');
  versioned.save(versionSource('two', { note: note.path, gate }));
  const first = versioned.server.reload();
  await note.until('starting two');
  assert.equal((await fetch(`${versioned.server.url}/readyz`)).status, 200);
  versioned.save(versionSource('three', { note: note.path }));
  const rest = [1, 2, 3].map(() => versioned.server.reload());
  writeFileSync(gate, '');
  await Promise.all([first, ...rest]);
  assert.equal(await (await versioned.post('/version')).text(), 'three');
  assert.deepEqual(note.text().match(/^starting \w+/gm), ['starting two', 'starting three']);
});

for (const way of ['stop', 'kill'] as const) {
  test(`${way} in the middle of a reload leaves no process`, async () => {
    await using versioned = await serveVersion(versionSource('one'));
    using note = createNote();
    const old = Number(await (await versioned.post('/pid')).text());
    versioned.save(versionSource('two', { note: note.path, gate: join(versioned.createGate(), 'never') }));
    const reload = versioned.server.reload();
    reload.catch(() => {});
    const fresh = Number(/starting two (\d+)/.exec(await note.until('starting two'))?.[1]);
    versioned.server[way]();
    await versioned.server.stop();
    await assert.rejects(reload, { code: 'STOPPING' });
    assert.deepEqual([isAlive(old), isAlive(fresh)], [false, false]);
    await assert.rejects(versioned.server.reload(), { code: 'STOPPING' });
  });
}
