/** Which copy of bentots runs a command: the one that the service imports. Real copies meet in test/package. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bento } from './bento.ts';

const root = fileURLToPath(new URL('../', import.meta.url)).replace(/[\\/]$/, '');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const manifest = { name: 'bentots', version: '99.1.0', bin: { bento: './command.js' }, exports: {} };
const service = "import { api, service } from 'bentots';\n@service() export class Any { @api() any(): void {} }\n";

/** Says how it was called, and ends with a code of its own. */
const command = `
  console.log(JSON.stringify({ args: process.argv.slice(2), program: process.argv[1], pid: process.pid }));
  console.error('said by the other copy');
  process.exitCode = 7;
`;

interface Shop extends Disposable {
  readonly folder: string;
  /** Where its bentots lies. */
  readonly copy: string;
}

/** A project outside of this one, with files over those of a service and another copy of bentots. */
function createShop(files: Readonly<Record<string, string | object>> = {}): Shop {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bentots hand-over ')));
  const copy = join(folder, 'node_modules', 'bentots');
  const all = {
    'package.json': { type: 'module' },
    'service.ts': service,
    'node_modules/bentots/package.json': { ...manifest, type: 'module' },
    'node_modules/bentots/command.js': command,
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { folder, copy, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

async function run(args: readonly string[], cwd: string) {
  await using running = bento(args, { cwd });
  const { pid } = running.child;
  const { end, stdout, stderr } = await running.finished;
  const said = (stdout.startsWith('{') ? JSON.parse(stdout) : {}) as {
    args?: string[];
    program?: string;
    pid?: number;
  };
  return { end, stdout, stderr, pid, said };
}

test('the copy that the service imports runs the command, in the same process, with the same words', async () => {
  using shop = createShop();
  const { end, stderr, pid, said } = await run(['serve', '--port', '0', '--of-the-future', 'x'], shop.folder);
  assert.deepEqual([end, stderr], [7, 'said by the other copy\n']);
  const program = join(shop.copy, 'command.js');
  assert.deepEqual(said, { args: ['serve', '--port', '0', '--of-the-future', 'x'], program, pid });
});

test('it is the copy of the service that is named, not of the folder where one stands', async () => {
  using shop = createShop({ 'services/a/index.ts': service });
  using elsewhere = createShop({ 'node_modules/bentots/command.js': "console.log('the wrong one')" });
  for (const target of [shop.folder, join(shop.folder, 'services/a/index.ts'), join(shop.folder, 'service.ts:Any')]) {
    const { end, said, stdout } = await run(['schema', target], elsewhere.folder);
    assert.deepEqual([end, said.program], [7, join(shop.copy, 'command.js')], stdout);
  }
});

test('the value of a flag is no service', async () => {
  using shop = createShop();
  using elsewhere = createShop({ 'json/service.ts': service });
  writeFileSync(join(elsewhere.folder, 'node_modules/bentots/command.js'), "console.log('the wrong one')");
  const { said, stdout } = await run(['serve', '--log-format', 'json', shop.folder], elsewhere.folder);
  assert.equal(said.program, join(shop.copy, 'command.js'), stdout);
});

test('a file behind a link imports from where it really lies, as Node has it', {
  skip: process.platform === 'win32',
}, async () => {
  using shop = createShop();
  using elsewhere = createShop({ 'node_modules/bentots/command.js': "console.log('the wrong one')" });
  symlinkSync(join(shop.folder, 'service.ts'), join(elsewhere.folder, 'linked.ts'));
  const { said, stdout } = await run(['serve', 'linked.ts'], elsewhere.folder);
  assert.equal(said.program, join(shop.copy, 'command.js'), stdout);
});

test('a command that is not known here may be known there', async () => {
  using shop = createShop();
  assert.deepEqual((await run(['of-the-future'], shop.folder)).said.args, ['of-the-future']);
});

test('--version and --help are about the command that was called', async () => {
  using shop = createShop();
  assert.equal((await run(['--version'], shop.folder)).stdout, `${version}\n`);
  assert.match((await run(['--help'], shop.folder)).stdout, /^Usage: bento /);
  assert.match((await run([], shop.folder)).stderr, /^Usage: bento /);
});

test('--verbose says which copy runs', async () => {
  using shop = createShop();
  assert.equal(
    (await run(['serve', '--verbose'], shop.folder)).stderr,
    `bentots ${version} in ${root} hands over to bentots 99.1.0 in ${shop.copy}, which services in ${shop.folder} import\nsaid by the other copy\n`,
  );
  const own = await run(['schema', '--verbose'], join(root, 'examples/hello'));
  assert.equal(own.stderr, `bentots ${version} in ${root} runs this\n`);
});

test('whoever was handed over to looks no further', async () => {
  using shop = createShop({
    'node_modules/bentots/package.json': readFileSync(join(root, 'package.json'), 'utf8'),
    'node_modules/bentots/bin/bento.js': readFileSync(join(root, 'bin/bento.js'), 'utf8'),
  });
  // Its program is this very one, which takes itself for the first copy and would hand over to the second for ever.
  symlinkSync(join(root, 'dist'), join(shop.copy, 'dist'), 'junction');
  const { end, stderr } = await run(['serve', 'nowhere.ts', '--verbose'], shop.folder);
  assert.equal(end, 1);
  assert.match(stderr, /^bentots [^\n]* hands over to [^\n]*\nbento: nowhere\.ts: there is no file or folder /);
});

for (const [what, files, problem, itsVersion = '99.1.0'] of [
  [
    'has no command',
    { 'node_modules/bentots/package.json': { ...manifest, bin: undefined } },
    'which has no command "bento" to hand over to',
  ],
  [
    'has a manifest that cannot be read',
    { 'node_modules/bentots/package.json': '{' },
    'which has no command "bento" to hand over to',
    '(of unknown version)',
  ],
  [
    'has lost its command',
    { 'node_modules/bentots/package.json': { ...manifest, bin: './lost.js' } },
    'which has no command "bento" to hand over to',
  ],
  [
    'has a command that does not load',
    { 'node_modules/bentots/command.js': "throw new TypeError('not for you');" },
    'whose command cannot be loaded (not for you)',
  ],
] as const) {
  test(`a copy that ${what} is one error that names both copies and what to do`, async () => {
    using shop = createShop(files);
    const { end, stderr } = await run(['serve'], shop.folder);
    assert.equal(end, 1);
    assert.equal(
      stderr.split('\n')[0],
      `bento: services in ${shop.folder} import bentots ${itsVersion} in ${shop.copy}, ${problem}; this is bentots ${version} in ${root}; install one there that can be run: npm install bentots@${version}`,
    );
  });
}

test('where nothing is installed, the service that cannot import bentots says what to do', async () => {
  using shop = createShop();
  rmSync(shop.copy, { recursive: true });
  const { end, stderr } = await run(['serve'], shop.folder);
  assert.equal(end, 1);
  assert.match(
    stderr,
    /^bento: .*service\.ts could not be loaded: Cannot find package 'bentots' .*; install it there: npm install bentots\n/,
  );
});
