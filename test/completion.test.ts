/** Completion: real shells run the scripts of `bento completion`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bento } from './bento.ts';
import { createHome, type TestHome } from './store/home.ts';

const program = fileURLToPath(new URL('../bin/bento.js', import.meta.url));
const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const isMissing = (shell: string) => (has(shell) ? false : `${shell} is not installed`);

/** A home with some items, and with a `bento` that shells find. */
function createStores(): TestHome & { readonly env: NodeJS.ProcessEnv } {
  const stores = createHome();
  for (const tag of ['iris/v1', 'iris/v2', 'iris-large/1', 'other/1']) {
    const [name = '', version = ''] = tag.split('/');
    stores.write(`models/${tag}/model.yaml`, `name: ${name}\nversion: '${version}'\n`);
  }
  stores.write('bentos/speaker/1/bento.yaml', "service: service:X\nname: speaker\nversion: '1'\n");
  stores.write('models/broken/1/x', '');
  stores.write('bin/bento', `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(stores.home, 'bin/bento'), 0o755);
  const PATH = `${join(stores.home, 'bin')}${delimiter}${process.env.PATH}`;
  return { ...stores, env: { ...process.env, PATH, BENTOML_HOME: stores.home, HOME: stores.home } };
}

async function scriptOf(shell: string): Promise<string> {
  await using running = bento(['completion', shell]);
  const { end, stdout } = await running.finished;
  assert.equal(end, 0);
  return stdout;
}

/** What bash offers for each of some lines, as it would when TAB is pressed at their ends. */
async function inBash(stores: ReturnType<typeof createStores>, ...lines: readonly string[]): Promise<string[][]> {
  const ask = lines.map(
    (line) =>
      `COMP_LINE='${line}' COMP_POINT=${line.length}; _bento_complete bento; printf '%s\\t' "\${COMPREPLY[@]}"; echo`,
  );
  const text = `set -u\n${await scriptOf('bash')}\ncomplete -p bento >&2\n${ask.join('\n')}`;
  const { stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-c', text], {
    encoding: 'utf8',
    env: stores.env,
    cwd: stores.home,
  });
  assert.equal(stderr, 'complete -F _bento_complete bento\n');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t').filter((word) => word !== ''));
}

test('bash completes commands, flags, values and tags from the store', { skip: isMissing('bash') }, async () => {
  using stores = createStores();
  for (const name of ['values.yaml', 'spezial.ts']) writeFileSync(join(stores.home, name), '');
  const [commands, below, flags, once, choices, joined, names, versions, after, bentos, targets, files, shells] =
    await inBash(
      stores,
      'bento m',
      'bento models ex',
      'bento models list --l',
      'bento models get -o yaml --o',
      'bento models get -o ',
      'bento models get --output=j',
      'bento models get iris',
      'bento models get iris:v',
      'bento models delete other iris:',
      'bento export ',
      'bento serve spe',
      'bento serve --arg-file val',
      'bento completion ',
    );
  assert.deepEqual(commands, ['models']);
  assert.deepEqual(below, ['export']);
  assert.deepEqual(flags, ['--label']);
  assert.deepEqual(once, []);
  assert.deepEqual(choices, ['yaml', 'json', 'path']);
  assert.deepEqual(joined, ['json']);
  assert.deepEqual(names, ['iris', 'iris:v1', 'iris:v2', 'iris-large', 'iris-large:1']);
  assert.deepEqual(versions, ['v1', 'v2']);
  assert.deepEqual(after, ['v1', 'v2']);
  assert.deepEqual(bentos, ['speaker', 'speaker:1']);
  assert.deepEqual(targets, ['spezial.ts', 'speaker', 'speaker:1']);
  assert.deepEqual(files, ['values.yaml']);
  assert.deepEqual(shells, ['bash', 'zsh', 'fish']);
});

test('what cannot be completed offers nothing, and says nothing', { skip: isMissing('bash') }, async () => {
  using stores = createStores();
  const lines = ['bento nothing --', 'bento models get iris ', 'bento export -- --x', 'bento complete '];
  assert.deepEqual((await inBash(stores, ...lines)).flat(), []);
  assert.deepEqual(
    (await inBash({ ...stores, env: { ...stores.env, BENTOML_HOME: '/dev/null' } }, 'bento get ')).flat(),
    [],
  );
});

test('zsh completes with the same words', { skip: isMissing('zsh') }, async () => {
  using stores = createStores();
  // What `_describe` would show is printed: its second argument names the list.
  const text = `compdef() { :; }; _describe() { print -rl -- "\${(@P)\${@[-1]}}"; }; _files() { print files; }
${await scriptOf('zsh')}
words=(bento models get iris:) CURRENT=4; _bento
words=(bento completion f) CURRENT=3; _bento
words=(bento serve s) CURRENT=3; _bento`;
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', text], { encoding: 'utf8', env: stores.env });
  assert.deepEqual([stdout, stderr], ['iris\\:v1\niris\\:v2\nfish\nspeaker\nspeaker\\:1\nfiles\n', '']);
});

test('fish completes with the same words', { skip: isMissing('fish') }, async () => {
  using stores = createStores();
  const ask = ['bento models get iris:v', 'bento completion f', 'bento models li'].map(
    (line) => `complete -C '${line}'`,
  );
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', `${await scriptOf('fish')}\n${ask.join('\n')}`], {
    encoding: 'utf8',
    env: stores.env,
  });
  assert.deepEqual(
    [stdout, stderr],
    ['iris:v1\niris:v2\nfish\nlist\tlist the models of the store, the newest first\n', ''],
  );
});

test('a shell that is not known is refused with those that are', async () => {
  await using running = bento(['completion', 'tcsh']);
  const { end, stderr } = await running.finished;
  assert.deepEqual([end, /Allowed choices are bash, zsh, fish/.test(stderr)], [2, true], stderr);
});
