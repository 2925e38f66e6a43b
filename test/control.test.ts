import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServerStatus } from '../src/gateway/control/protocol.ts';
import { bento, type Finished, urlIn } from './bento.ts';
import { createNote } from './start.ts';
import { versionSource } from './versions.ts';
import { writeFiles } from './write-service.ts';

/** A home of its own; what is run in it sees no other servers. */
function createHome() {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-home-'));
  const run = async (home: string, ...args: string[]): Promise<Finished> => {
    await using command = bento(args, { env: { BENTOML_HOME: home } });
    return await command.finished;
  };
  return {
    folder,
    run: join(folder, 'run'),
    sockets: () => readdirSync(join(folder, 'run')),
    bento: (...args: string[]) => run(folder, ...args),
    async status(...args: string[]): Promise<ServerStatus[]> {
      const { end, stdout, stderr } = await run(folder, 'status', '-o', 'json', ...args);
      assert.equal(end, 0, stderr);
      return JSON.parse(stdout) as ServerStatus[];
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const unsafe = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

/** `bento serve` of `Versioned`, whose source the test writes anew. */
async function serveVersion(home: string, source: string, ...flags: string[]) {
  const written = writeFiles({ 'service.ts': source });
  const command = bento(['serve', written.file, '--port', '0', ...flags], { env: { BENTOML_HOME: home } });
  const url = urlIn(await command.says('Ctrl-C'));
  return {
    command,
    url,
    port: new URL(url).port,
    save: (next: string) => writeFileSync(written.file, next),
    ask: async (path: string) => (await fetch(url + path, { method: 'POST', body: '{}' })).text(),
    async [Symbol.asyncDispose]() {
      await command[Symbol.asyncDispose]();
      written[Symbol.dispose]();
    },
  };
}

test('bento status tells of a server: where it is, its workers, and what they do', async () => {
  using home = createHome();
  using note = createNote();
  await using server = await serveVersion(home.folder, versionSource('one', { note: note.path }), '--workers', '2');
  const call = fetch(`${server.url}/held`, {
    method: 'POST',
    body: JSON.stringify({ release: join(home.folder, 'go') }),
  });
  await note.until('held');
  const [status, ...others] = await home.status();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [status?.pid, status?.url, status?.state, status?.generations.length],
    [server.command.child.pid, server.url, 'ready', 1],
  );
  const [generation] = status?.generations ?? [];
  assert.deepEqual(
    [generation?.phase, generation?.service, generation?.requests, generation?.streams],
    ['serving', 'Versioned', 1, 0],
  );
  assert.deepEqual(
    generation?.workers.map(({ index, state, restarts }) => [index, state, restarts]),
    [
      [1, 'ready', 0],
      [2, 'ready', 0],
    ],
  );
  const pids = new Set([
    await server.ask('/pid'),
    ...[...note.text().matchAll(/held one (\d+)/g)].map(([, pid]) => pid),
  ]);
  for (const pid of pids) assert.ok(generation?.workers.some((worker) => String(worker.pid) === pid));
  assert.deepEqual(
    generation?.methods.filter(({ running }) => running > 0).map(({ name, waiting }) => [name, waiting]),
    [['held', 0]],
  );
  const { stdout } = await home.bento('status', '--port', server.port);
  assert.match(stdout, new RegExp(`^Versioned at ${server.url}: ready, pid ${status?.pid}, for \\d`));
  assert.match(stdout, /\n +WORKER +PID +STATE +CALLS .*\n +1 +\d+ +ready +\d .*\n +2 +\d+ +ready /);
  assert.match(stdout, /\n +held +0 +1 +16/);
  writeFileSync(join(home.folder, 'go'), '');
  assert.equal((await call).status, 200);
});

test('only the user of a server reaches it, and nothing is left of one that stopped', {
  skip: process.platform === 'win32',
}, async () => {
  using home = createHome();
  await using server = await serveVersion(home.folder, versionSource('one'));
  const modes = [home.run, ...home.sockets().map((name) => join(home.run, name))].map(
    (path) => statSync(path).mode & 0o777,
  );
  assert.deepEqual(modes, [0o700, 0o600]);
  server.command.child.kill('SIGINT');
  await server.command.finished;
  assert.deepEqual(home.sockets(), []);
  const { end, stdout } = await home.bento('status');
  assert.deepEqual([end, stdout], [0, 'no server is running that bento serve has started for this user\n']);
  const reload = await home.bento('reload');
  assert.deepEqual(
    [reload.end, reload.stderr],
    [1, 'bento: no server is running that bento serve has started for this user\n'],
  );
});

test('bento reload serves what the source says now; what does not start is told and changes nothing', async () => {
  using home = createHome();
  await using server = await serveVersion(home.folder, versionSource('one'));
  server.save(versionSource('two'));
  const good = await home.bento('reload');
  assert.deepEqual([good.end, await server.ask('/version')], [0, 'two']);
  assert.match(good.stderr, /^reloading Versioned at .*\n1 of 1 workers of the new version are ready\n$/);
  assert.match(good.stdout, /^Versioned is reloaded, after \d+ ms\n$/);
  server.save(versionSource('three').replace("say('starting')", "throw new Error('no weights')"));
  const bad = await home.bento('reload');
  assert.deepEqual([bad.end, await server.ask('/version')], [1, 'two']);
  assert.match(bad.stdout, /^not reloaded; the version before goes on: Versioned did not start: .*no weights\n$/);
  const told = await home.bento('reload', '-o', 'json');
  assert.equal((JSON.parse(told.stdout) as { code: string }).code, 'START_FAILED');
});

test('what callers and code of authors say is text, and no terminal obeys it', async () => {
  using home = createHome();
  const more = `  @api() async fall(text: string): Promise<void> {
    queueMicrotask(() => { throw new Error(text); });
    await new Promise(() => {});
  }
`;
  await using server = await serveVersion(home.folder, versionSource('one', { more }));
  const text = `\u001b]0;owned\u0007\u009b2J\n    1  4711  ready ${'x'.repeat(20_000)}`;
  await (await fetch(`${server.url}/fall`, { method: 'POST', body: JSON.stringify({ text }) })).text();
  const { stdout } = await home.bento('status');
  assert.doesNotMatch(stdout, unsafe);
  assert.doesNotMatch(stdout, /^ +1 +4711/m, 'there is no row of its own');
  assert.match(stdout, /nobody caught an exception: Error: .*x… \(\d+ characters more\)$/m);
  const [status] = await home.status();
  assert.ok((status?.generations[0]?.workers[0]?.lastEnd?.length ?? 0) < 10_000);
  server.save("throw new Error('a\\u001b[2J\\u0007b');");
  const reload = await home.bento('reload');
  assert.deepEqual([reload.end, /a\\u0007b/.test(reload.stdout)], [1, true], reload.stdout);
  assert.doesNotMatch(reload.stdout, unsafe);
});

test('of several servers all are listed, and a reload is for the one that is named', async () => {
  using home = createHome();
  await using first = await serveVersion(home.folder, versionSource('one'));
  await using second = await serveVersion(home.folder, versionSource('one').replaceAll('Versioned', 'Other'));
  assert.deepEqual(new Set((await home.status()).map(({ url }) => url)), new Set([first.url, second.url]));
  const several = await home.bento('reload');
  assert.equal(several.end, 1);
  assert.match(several.stderr, /^bento: several servers are running: .*; choose one, for example --port \d+\n$/);
  for (const { url, command } of [first, second])
    assert.ok(several.stderr.includes(`${url} (pid ${command.child.pid})`));
  for (const server of [first, second])
    server.save(versionSource('two').replaceAll('Versioned', server === first ? 'Versioned' : 'Other'));
  assert.equal((await home.bento('reload', '--name', 'Other')).end, 0);
  assert.deepEqual([await first.ask('/version'), await second.ask('/version')], ['one', 'two']);
  assert.equal((await home.bento('reload', '--pid', String(first.command.child.pid))).end, 0);
  assert.equal(await first.ask('/version'), 'two');
  const none = await home.bento('reload', '--name', 'Third');
  assert.equal(none.end, 1);
  assert.match(none.stderr, /^bento: no server of the service Third is running for this user; there is .*pid/);
  assert.equal((await home.bento('reload', '--port', 'many')).end, 2);
});

test('SIGHUP reloads, and the log says how it went', { skip: process.platform === 'win32' }, async () => {
  using home = createHome();
  await using server = await serveVersion(home.folder, versionSource('one'));
  const lines: string[] = [];
  server.command.child.stdout?.on('data', (text: string) => lines.push(text));
  const logged = async (words: RegExp) => {
    while (!words.test(lines.join(''))) await once(server.command.child.stdout as NodeJS.ReadableStream, 'data');
  };
  server.save(versionSource('two'));
  server.command.child.kill('SIGHUP');
  await logged(/"level":"info".*"reloaded in \d+ ms"/);
  assert.equal(await server.ask('/version'), 'two');
  server.save('export class {');
  server.command.child.kill('SIGHUP');
  await logged(/"level":"error".*could not be loaded.*still serving the version of/);
  assert.equal(await server.ask('/version'), 'two');
});

test('what a killed server left behind is swept; one that stands still is told of', {
  skip: process.platform === 'win32',
}, async () => {
  using home = createHome();
  await using killed = await serveVersion(home.folder, versionSource('one'));
  await using still = await serveVersion(home.folder, versionSource('one'));
  killed.command.child.kill('SIGKILL');
  await killed.command.finished;
  assert.equal(home.sockets().length, 2);
  still.command.child.kill('SIGSTOP');
  const { end, stdout } = await home.bento('status');
  still.command.child.kill('SIGCONT');
  assert.equal(end, 0);
  assert.match(stdout, new RegExp(`^a server at port ${still.port}: it does not answer .*\\n$`));
  assert.equal(home.sockets().length, 1);
});

test('where there cannot be a folder of sockets, the server serves without, and says so once', async () => {
  using home = createHome();
  const file = join(home.folder, 'file');
  writeFileSync(file, '');
  await using server = await serveVersion(file, versionSource('one'));
  assert.equal(await server.ask('/version'), 'one');
  server.command.child.kill('SIGINT');
  const { end, stdout } = await server.command.finished;
  assert.equal(end, 0);
  const warnings = stdout.match(
    /"level":"warn".*bento status and bento reload will not find this server: cannot use .*/g,
  );
  assert.equal(warnings?.length, 1);
});

test('a folder of sockets that others can reach is not trusted', { skip: process.platform === 'win32' }, async () => {
  using home = createHome();
  mkdirSync(home.run);
  chmodSync(home.run, 0o755);
  for (const command of ['status', 'reload']) {
    const { end, stderr } = await home.bento(command);
    assert.deepEqual(
      [end, stderr],
      [1, `bento: cannot use ${home.run}: others can reach it (mode 755); run: chmod 700 ${home.run}\n`],
    );
  }
});

test('a home whose path is too long for a socket is no hindrance', { skip: process.platform === 'win32' }, async () => {
  using home = createHome();
  const long = join(home.folder, 'x'.repeat(120));
  await using server = await serveVersion(long, versionSource('one'));
  await using command = bento(['status'], { env: { BENTOML_HOME: long } });
  const { stdout } = await command.finished;
  assert.match(stdout, new RegExp(`^Versioned at ${server.url}: ready`));
  await using other = bento(['status'], { env: { BENTOML_HOME: home.folder } });
  assert.match((await other.finished).stdout, /^no server is running/);
});
