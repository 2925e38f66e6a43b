import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bento, urlIn } from './bento.ts';
import { createNote } from './start.ts';
import { versionSource } from './versions.ts';
import { createFolder } from './watched.ts';

const hello = fileURLToPath(new URL('../examples/hello/service.ts', import.meta.url));
const ask = async (url: string) => (await fetch(`${url}/version`, { method: 'POST', body: '{}' })).text();
const reload = (folder: { readonly path: string }) => bento(['serve', '--reload', '--port', '0'], { cwd: folder.path });
const count = (text: string, words: string) => text.split(words).length - 1;

test('the console says what changed, what came of it, and what is served now', async () => {
  using folder = createFolder({});
  cpSync(hello, join(folder.path, 'service.ts'));
  await using command = reload(folder);
  const url = urlIn(await command.says('Ctrl-C'));
  folder.save('service.ts', versionSource('one'));
  const text = await command.says('POST /version');
  assert.match(
    text,
    /\nservice\.ts changed: reloading\nreloaded in \d+ ms\n(?: {2}POST .*\n)* {2}POST \/version {2}\(\) → string\n/,
  );
  folder.save('service.ts', 'oops(');
  const said = await command.says('tries again');
  assert.match(
    said,
    /\nservice\.ts changed: reloading\n(?:an older version .*\n)?bento: .*service\.ts could not be loaded: .*service\.ts:1:5: .*\n\(--verbose says more\)\nstill serving the version of \d\d:\d\d:\d\d; the next save tries again\n/,
  );
  assert.equal(await ask(url), 'one');
});

test('a burst of saves is one restart', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `part-${index}.ts`);
  using folder = createFolder({
    'service.ts': `${names.map((name) => `import './${name}';\n`).join('')}${versionSource('one')}`,
    ...Object.fromEntries(names.map((name) => [name, 'export {};\n'])),
  });
  await using command = reload(folder);
  const url = urlIn(await command.says('Ctrl-C'));
  command.child.kill('SIGSTOP'); // so that a slow test is no slow burst
  for (const name of names) folder.save(name, 'export const changed = true;\n');
  command.child.kill('SIGCONT');
  const text = await command.says('reloaded');
  assert.match(text, /\npart-\d+\.ts and 19 more changed: reloading\nreloaded in/);
  folder.save('service.ts', versionSource('two'));
  await command.says('service.ts changed');
  while ((await ask(url)) !== 'two');
  assert.equal(count(await command.says('reloaded'), 'changed: reloading'), 2);
});

test('a first start that fails waits for the next save', async () => {
  using folder = createFolder({ 'service.ts': 'export class {' });
  await using command = reload(folder);
  assert.match(
    await command.says('tries again'),
    /could not be loaded: .*\n\(--verbose says more\)\nnothing is served yet; the next save tries again\n$/,
  );
  folder.save('service.ts', versionSource('one'));
  assert.equal(await ask(urlIn(await command.says('Ctrl-C'))), 'one');
});

test('a folder without a service ends the command all the same', async () => {
  using folder = createFolder({});
  await using command = reload(folder);
  const { end, stderr } = await command.finished;
  assert.equal(end, 1);
  assert.match(stderr, /^bento: no service found in/);
});

test('a port that is taken ends the command all the same', async () => {
  using folder = createFolder({ 'service.ts': versionSource('one') });
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const args = ['serve', '--reload', '--reload-poll', '50', '--port', String(port)];
  await using command = bento(args, { cwd: folder.path });
  const { end, stderr } = await command.finished;
  taken.close();
  assert.equal(end, 1);
  assert.match(stderr, /^bento: cannot listen on/);
});

for (const [when, source] of [
  ['a service that waits for its first good save', 'export class {'],
  ['a reload', versionSource('one')],
] as const) {
  test(`Ctrl-C in the middle of ${when} leaves no process`, async () => {
    using folder = createFolder({ 'service.ts': source });
    using note = createNote();
    await using command = reload(folder);
    await command.says(when === 'a reload' ? 'Ctrl-C' : 'nothing is served yet');
    if (when === 'a reload') {
      folder.save('service.ts', versionSource('two', { note: note.path, gate: join(folder.path, 'never') }));
      await note.until('starting two');
    }
    command.child.kill('SIGINT');
    const { end, stderr } = await command.finished; // closed only when every process has let go of the pipes
    assert.equal(end, 0);
    assert.match(stderr, when === 'a reload' ? /reloading\nstopping: .*\n$/ : /\nstopped before it was ready\n$/);
  });
}

test('when the gateway is killed, the processes that it started end', async () => {
  using folder = createFolder({ 'service.ts': versionSource('one') });
  await using command = reload(folder);
  await command.says('Ctrl-C');
  folder.save('service.ts', versionSource('two'));
  await command.says('reloaded');
  command.child.kill('SIGKILL');
  assert.equal((await command.finished).end, 'SIGKILL'); // closed only when every process has let go of the pipes
});
