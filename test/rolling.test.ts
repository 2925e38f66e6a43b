import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type ServeOptions, serve } from 'bentots/serve';
import { createNote } from './start.ts';
import { versionSource } from './versions.ts';
import { writeFiles } from './write-service.ts';

/** What each process of a version notes, so that it can be counted who lives. */
const countsItself = `
  @onShutdown ended() { say('ended'); }
`;

/** Its second process waits for the file, and starts unless that has a word. */
const secondWaits = (gate: string, note: string) => `
  @onStartup async second() {
    if (readFileSync('${note}', 'utf8').split('starting two').length < 3) return;
    say('second');
    const watcher = watch(dirname('${gate}'));
    while (!existsSync('${gate}')) await once(watcher, 'change');
    watcher.close();
    if (readFileSync('${gate}', 'utf8') !== '') {
      say('ended');
      throw new Error('no memory for the second');
    }
  }
`;

const source = (version: string, note: string, more = '') =>
  versionSource(version, { note, more: `${countsItself}${more}` })
    .replace('existsSync, watch', 'existsSync, readFileSync, watch')
    .replace('{ api, onStartup, service }', '{ api, onShutdown, onStartup, service }');

const pauseMs = 20; // of a client, which would otherwise keep the processors from what is tested

/** Serves `Versioned` with clients that ask it all the time: none of them is ever told anything but a version. */
async function serveRolling(note: string, options: ServeOptions = {}) {
  const written = writeFiles({ 'service.ts': source('one', note) });
  const server = await serve(written.file, { port: 0, workers: 3, logTo: { write() {} }, ...options });
  const post = async (path: string, body: unknown = {}) => {
    const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return text;
  };
  let isOver = false;
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      await post('/version');
      assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
      await setTimeout(pauseMs);
    }
  });
  return {
    server,
    post,
    gate: join(mkdtempSync(join(written.folder, 'gate-')), 'go'),
    save: (text: string) => writeFileSync(written.file, text),
    /** Versions of some calls in a row. */
    async versions(count: number) {
      const seen: string[] = [];
      while (seen.length < count) seen.push(await post('/version'));
      return seen;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      try {
        await Promise.all(clients);
      } finally {
        await server.stop();
        written[Symbol.dispose]();
      }
    },
  };
}

/** The most processes that lived at once, by what they noted. */
function mostAlive(note: string): number {
  let alive = 0;
  let most = 0;
  for (const line of note.split('\n')) {
    if (line.startsWith('loaded')) alive++;
    if (line.startsWith('ended')) alive--;
    most = Math.max(most, alive);
  }
  return most;
}

test('a reload replaces one worker after the other: one more than asked for, never fewer, and calls go to both', async () => {
  using note = createNote();
  await using rolling = await serveRolling(note.path);
  rolling.save(source('two', note.path, secondWaits(rolling.gate, note.path)));
  const reload = rolling.server.reload();
  await note.until('second two');
  await note.until(/ended one/);
  const during = await rolling.versions(60);
  writeFileSync(rolling.gate, '');
  await reload;
  const after = await rolling.versions(20);
  assert.deepEqual([new Set(during), new Set(after)], [new Set(['one', 'two']), new Set(['two'])]);
  await note.until(/(ended one.*){3}/s);
  assert.equal(mostAlive(note.text()), 4);
});

test('a new worker that does not start ends the reload: the workers of before are as many as they were', async () => {
  using note = createNote();
  await using rolling = await serveRolling(note.path);
  rolling.save(source('two', note.path, secondWaits(rolling.gate, note.path)));
  const reload = rolling.server.reload();
  await note.until('second two');
  rolling.save(source('one', note.path)); // workers load what is there when they start
  writeFileSync(`${rolling.gate}.part`, 'fail');
  renameSync(`${rolling.gate}.part`, rolling.gate); // or else it could be read before its word is in it
  await assert.rejects(reload, { code: 'START_FAILED', message: /no memory for the second/ });
  assert.deepEqual(new Set(await rolling.versions(20)), new Set(['one']));
  const started = note.text().match(/^starting one \d+$/gm)?.length;
  assert.deepEqual([started, mostAlive(note.text())], [4, 4]);
  await rolling.server.reload();
});

test('a stream on a worker that is replaced goes on to its end, and the reload waits for it', async () => {
  using note = createNote();
  await using rolling = await serveRolling(note.path, { workers: 2 });
  const folder = mkdtempSync(join(rolling.gate, '..', 'lines-'));
  const streams = await Promise.all(
    [1, 2].map(async () => {
      const response = await fetch(`${rolling.server.url}/lines`, {
        method: 'POST',
        body: JSON.stringify({ folder, count: 2 }),
      });
      return response.body?.pipeThrough(new TextDecoderStream()).getReader();
    }),
  );
  for (const reader of streams) assert.equal((await reader?.read())?.value, 'one 1\n');
  rolling.save(source('two', note.path));
  let isReloaded = false;
  const reload = rolling.server.reload().then(() => {
    isReloaded = true;
  });
  await note.until('starting two');
  while (!(await rolling.versions(4)).includes('two'));
  assert.equal(isReloaded, false);
  writeFileSync(join(folder, '2'), '');
  for (const reader of streams) {
    assert.equal((await reader?.read())?.value, 'one 2\n');
    assert.equal((await reader?.read())?.done, true);
  }
  await reload;
});

test('a stop in the middle of a reload lets the calls of both versions finish', async () => {
  using note = createNote();
  const rolling = await serveRolling(note.path);
  rolling.save(source('two', note.path, secondWaits(rolling.gate, note.path)));
  const reload = rolling.server.reload();
  reload.catch(() => {});
  await note.until('second two');
  await rolling[Symbol.asyncDispose]();
  await assert.rejects(reload, { code: 'STOPPING' });
  assert.ok((note.text().match(/^ended/gm)?.length ?? 0) >= 4); // not the one that never started
});
