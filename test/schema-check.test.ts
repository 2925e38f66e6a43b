/** `bento schema --write` keeps what a service promises, and `--check` says what changed for its callers. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bento } from './bento.ts';
import { writeFiles } from './write-service.ts';

/** A service with one method; what differs between the versions is its signature. */
const source = (signature: string) => `import { api, service } from 'bentots';
/** Counts. */
@service()
export class Counter {
  @api() count${signature} {
    return text.length;
  }
}`;
const first = '(text: string, atMost = 10): number';

async function run(folder: string, ...args: string[]) {
  await using command = bento(['schema', ...args], { cwd: folder });
  return await command.finished;
}

test('the file holds what callers can tell and nothing of where the code lies, and the check agrees with it', async () => {
  using written = writeFiles({ 'service.ts': source(first) });
  const writing = await run(written.folder, '--write');
  const file = 'bentots.schema.json';
  assert.deepEqual(
    [writing.end, writing.stdout, writing.stderr],
    [0, '', `wrote what callers can tell of Counter to ${file}\n`],
  );
  const text = readFileSync(join(written.folder, file), 'utf8');
  assert.deepEqual(JSON.parse(text).apis[0].parameters, [
    { name: 'text', isRequired: true },
    { name: 'atMost', isRequired: false },
  ]);
  assert.ok(text.endsWith('}\n') && !text.includes(written.folder) && !text.includes('source'));
  const checking = await run(written.folder, '--check');
  assert.deepEqual([checking.end, checking.stdout], [0, `Counter is what ${file} says\n`]);
});

test('a change that breaks callers ends the check with 1, each change in a line of its own', async () => {
  using written = writeFiles({ 'service.ts': source(first) });
  const file = join(written.folder, 'api.json');
  await run('/', written.folder, '-o', file);
  writeFileSync(written.file, source("(text: 'a' | 'b', atMost = 11, more?: string): number | null"));
  const { end, stdout, stderr } = await run('/', written.folder, '--check', file);
  assert.deepEqual(stdout.split('\n'), [
    `since ${file} was written:`,
    '  breaks     count → result may now be null; was number',
    '  breaks     count(text) took string, now takes "a" or "b" only',
    '  may break  count(atMost) has another default: was 10, is now 11',
    '  fine       count(more) is new and optional',
    `2 changes break callers, 1 may break them; to make it what the file says: bento schema ${written.folder} --write ${file}`,
    '',
  ]);
  assert.deepEqual([end, stderr], [1, '']);
});

test('a change that is fine is told, and ends the check with 0', async () => {
  using written = writeFiles({ 'service.ts': source(first) });
  await run(written.folder, '--write');
  writeFileSync(written.file, source('(text: string | string[], atMost = 10): number'));
  const { end, stdout } = await run(written.folder, '--check');
  assert.deepEqual(stdout.split('\n'), [
    'since bentots.schema.json was written:',
    '  fine       count(text) takes an array, too',
    'nothing of it breaks callers; to make it what the file says: bento schema --write',
    '',
  ]);
  assert.equal(end, 0);
});

test('what bento schema prints can be kept, too', async () => {
  using written = writeFiles({ 'service.ts': source(first) });
  const { stdout } = await run(written.folder);
  writeFileSync(join(written.folder, 'whole.json'), stdout);
  assert.equal((await run(written.folder, '--check', 'whole.json')).end, 0);
});

test('a file that is not there, or is something else, is said before the types are read', async () => {
  using written = writeFiles({ 'package.json': '{}' }); // no service at all
  for (const args of [['--check'], ['--check', 'package.json']]) {
    const { end, stderr } = await run(written.folder, ...args);
    const seen = args[1] ?? 'bentots.schema.json';
    assert.equal(end, 1);
    assert.equal(
      stderr.split('\n')[0],
      `bento: bento schema: --check is ${seen}, but must be a file that bento schema --write wrote; a target goes before the flag`,
    );
  }
});

test('writing and checking at once is refused', async () => {
  const { end, stderr } = await run('/', '--check', '--write');
  assert.equal(end, 1);
  assert.match(stderr, /--check is given, but must be left out/);
});
