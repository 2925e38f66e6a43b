/** Export and import, and archives that were made to do harm. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { writeArchive } from '../src/store/archive/write-archive.ts';
import { createHome, modelYaml } from './store/home.ts';
import { pax, rawTar, rawZip, type TarMember, type ZipMember } from './store/raw-archives.ts';

const fill = (folder: string) => {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'deep/er/weights.bin'), Buffer.alloc(300_000, 'weights'));
  writeFileSync(join(folder, 'no bytes'), '');
  writeFileSync(join(folder, 'größe 数.txt'), 'x');
  writeFileSync(join(folder, `${'long'.repeat(60)}.txt`), 'x');
  writeFileSync(join(folder, 'run.sh'), '#!', { mode: 0o755 });
  symlinkSync('deep/er/weights.bin', join(folder, 'link'));
  linkSync(join(folder, 'run.sh'), join(folder, 'run-again.sh'));
};

const endings = ['bentomodel', 'tar', 'tar.gz', 'tgz', 'tar.zst', 'tar.xz', 'zip'];

for (const ending of [...endings, 'folder']) {
  test(`a model that is exported as ${ending} is imported elsewhere as it was`, {
    skip: process.platform === 'win32',
  }, async () => {
    using here = createHome();
    using there = createHome();
    const made = await here.models.create('iris:v1', fill, { checksums: true, labels: { a: 'b' } });
    const path = join(here.home, `exported.${ending}`);
    const written = await here.models.export('iris', path, ending === 'folder' ? { format: 'folder' } : {});
    assert.equal(written, path);
    const { tag, record, pathOf, creationTime } = await there.models.import(written);
    assert.deepEqual([String(tag), record.labels, creationTime], ['iris:v1', { a: 'b' }, made.creationTime]);
    assert.deepEqual(there.ls('models/iris/v1'), here.ls('models/iris/v1'));
    assert.deepEqual((await there.models.verify('iris')).problems, []);
    assert.equal(readFileSync(pathOf('link')).length, 300_000);
    assert.deepEqual(
      ['run.sh', 'no bytes'].map((name) => (statSync(pathOf(name)).mode & 0o111) !== 0),
      [true, false],
    );
    assert.deepEqual(there.ls('tmp'), []);
  });
}

for (const ending of ['bentomodel', 'zip', 'folder']) {
  test(`an export as ${ending} and its import that are given up leave nothing`, async () => {
    using stores = createHome();
    await stores.models.create('a:1', (folder) => {
      for (let at = 0; at < 20; at++) writeFileSync(join(folder, `${at}`), Buffer.alloc(2_000_000, 'weights'));
    });
    /** Once something is written there. */
    const onceBegun = (folder: string) => {
      const given = new AbortController();
      const watching = watch(folder, () => {
        watching.close();
        given.abort(new Error('given up'));
      });
      return given.signal;
    };
    const path = join(stores.home, `a.${ending}`);
    const format = ending === 'folder' ? { format: 'folder' } : {};
    const before = stores.ls();
    await assert.rejects(
      stores.models.export('a', path, { ...format, signal: onceBegun(stores.home) }),
      /^Error: given up$/,
    );
    await assert.rejects(stores.models.export('a', path, { ...format, signal: AbortSignal.abort() }), /AbortError/);
    assert.deepEqual(stores.ls(), before);
    await stores.models.export('a', path, format);
    await stores.models.delete('a');
    await assert.rejects(
      stores.models.import(path, { signal: onceBegun(join(stores.home, 'tmp')) }),
      /^Error: given up$/,
    );
    assert.deepEqual([stores.ls('models'), stores.ls('tmp')], [[], []]);
  });
}

test('a name as long as the disk takes can be that of an export', async () => {
  using stores = createHome();
  await stores.models.create('a:1', fill);
  const path = join(stores.home, `${'x'.repeat(251)}.tar`);
  assert.equal(await stores.models.export('a', path), path);
  await assert.rejects(stores.models.export('a', `${path}x`), /a name is longer than the disk can hold$/);
  await stores.models.delete('a');
  await stores.models.import(path);
});

test('checksums of an archive that would fill the memory are not read', async () => {
  using stores = createHome();
  const { folder } = await stores.models.create('a:1', fill);
  writeFileSync(join(folder, '.bentots.sha256'), '');
  truncateSync(join(folder, '.bentots.sha256'), 33 * 1024 * 1024);
  await assert.rejects(stores.models.verify('a'), /it has 34603008 bytes, of which 33554432 are allowed$/);
  await assert.rejects(stores.models.import(folder), { code: 'ARCHIVE_INVALID' });
});

test('a file that changes while it is read ends an export, and not the process', async () => {
  using stores = createHome();
  const { pathOf } = await stores.models.create('a:1', fill);
  const file = pathOf('deep/er/weights.bin');
  const entry = { kind: 'file', path: 'weights.bin', file, isExecutable: false, target: '' } as const;
  for (const sizeBytes of [299_999, 300_001]) {
    async function* entries() {
      yield { ...entry, sizeBytes };
    }
    await assert.rejects(writeArchive(entries(), 'gz', new Writable({ write: (_chunk, _encoding, done) => done() })), {
      code: 'STORE_ITEM_INVALID',
      message: `${file}: it changed while it was read; try again`,
    });
  }
});

test('the same model is exported as the same bytes', async () => {
  using stores = createHome();
  await stores.models.create('a:1', fill);
  for (const ending of endings) {
    const [one, two] = [join(stores.home, `one.${ending}`), join(stores.home, `two.${ending}`)];
    for (const path of [one, two]) await stores.models.export('a', path);
    assert.ok(readFileSync(one).equals(readFileSync(two)), ending);
  }
});

test('other programs read what is written, where they are there', async (t) => {
  using stores = createHome();
  await stores.models.create('a:1', fill);
  for (const [ending, command] of [
    ['bentomodel', ['xz', '--test', '--format=xz']],
    ['tar.gz', ['gzip', '--test']],
    ['zip', ['python3', '-m', 'zipfile', '--test']],
    ['bentomodel', ['tar', '-tJf']],
  ] as const) {
    const path = await stores.models.export('a', join(stores.home, `x.${ending}`));
    const { status, error, stderr } = spawnSync(command[0], [...command.slice(1), path], { encoding: 'utf8' });
    if (error) t.diagnostic(`there is no ${command[0]} here`);
    else assert.equal(status, 0, `${command[0]}: ${stderr}`);
  }
});

test('an exported file is named for the model where a folder is given, and gets the ending of its format', async () => {
  using stores = createHome();
  const { home, models } = stores;
  await models.create('a:1', () => {});
  mkdirSync(join(home, 'out'));
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['out', undefined, 'out/a-1.bentomodel'],
    ['out/', 'gz', 'out/a-1.tar.gz'],
    ['out', 'zst', 'out/a-1.tar.zst'],
    ['out', 'folder', 'out/a-1'],
    ['x', undefined, 'x.bentomodel'],
    ['x.weights', undefined, 'x.weights.bentomodel'],
    ['x.bentomodel', undefined, 'x.bentomodel'],
    ['x.zip', 'tar', 'x.zip'],
  ];
  for (const [path, format, expected] of cases) {
    const written = await models.export('a', `${home}/${path}`, { format });
    assert.equal(written, join(home, expected), path);
    assert.ok(existsSync(written));
  }
  await models.export('a', join(home, 'x.zip')); // what is there is replaced
});

test('where an export cannot go is said, and nothing is left', async () => {
  using stores = createHome();
  const { home, models } = stores;
  await models.create('a:1', () => {});
  stores.write('out/a-1/x', '');
  for (const [path, format, code, message] of [
    ['missing/x.tar', undefined, 'ARCHIVE_INVALID', /there is no folder .*missing; make it first$/],
    ['missing/', undefined, 'ARCHIVE_INVALID', /there is no folder/],
    ['out', 'folder', 'ARCHIVE_INVALID', /there is a folder .*a-1 already; name another place$/],
    ['x', 'bz2', 'OPTION_INVALID', /format is "bz2", but must be one of bentomodel, folder, gz, tar, xz, zip, zst$/],
    ['x.tar.bz2', undefined, 'OPTION_INVALID', /format is "bz2"/],
    ['x', 'bento', 'OPTION_INVALID', /format is "bento"/],
  ] as const) {
    await assert.rejects(models.export('a', `${home}/${path}`, { format }), { code, message }, path);
  }
  assert.deepEqual(stores.ls('out'), ['a-1', 'a-1/x']);
  assert.deepEqual(
    stores.ls().filter((path) => path.endsWith('.tmp')),
    [],
  );
});

const bentoYaml = (name: string, models: string) =>
  `service: service:X\nname: ${name}\nversion: '1'\nbentoml_version: 1.4.39\ncreation_time: '2024-05-01T10:00:00.000000+00:00'\nlabels: {}\nmodels: []\nentry_service: X\nservices:\n- name: X\n  service: ''\n  models:${models}\n  dependencies: []\n  config: {}\nschema: {}\nspec: 2\n`;
const needs = (tag: string, registry = 'bentoml') =>
  `\n  - tag: ${tag}\n    registry: ${registry}\n    module: ''\n    creation_time: '2024-05-01T10:00:00.000000+00:00'`;

for (const ending of ['bento', 'zip', 'folder']) {
  test(`a bento goes as ${ending} with the models that it needs, which are kept once`, async () => {
    using here = createHome();
    using there = createHome();
    here.write('bentos/one/1/bento.yaml', bentoYaml('one', needs('iris:v1') + needs('org--name:abc', 'huggingface')));
    here.write('bentos/two/1/bento.yaml', bentoYaml('two', needs('iris:v1') + needs('iris:v2')));
    here.write('bentos/one/1/src/service.js', 'x');
    for (const version of ['v1', 'v2'])
      await here.models.create(`iris:${version}`, (folder) => writeFileSync(join(folder, 'w'), version));
    for (const name of ['one', 'two']) {
      const path = await here.bentos.export(
        name,
        join(here.home, `${name}.${ending}`),
        ending === 'folder' ? { format: 'folder' } : {},
      );
      assert.equal(String((await there.bentos.import(path)).tag), `${name}:1`);
    }
    assert.deepEqual(
      here.ls('bentos/one/1'),
      ['bento.yaml', 'src', 'src/service.js'],
      'the one in the store stays as it is',
    );
    assert.deepEqual(there.ls('bentos/one/1'), ['bento.yaml', 'src', 'src/service.js']);
    assert.deepEqual(
      (await there.models.list()).map(({ tag }) => String(tag)),
      ['iris:v1', 'iris:v2'],
    );
    await there.bentos.delete('one');
    assert.equal(readFileSync((await there.models.get('iris:v1')).pathOf('w'), 'utf8'), 'v1');
    assert.deepEqual(there.ls('tmp'), []);
  });
}

test('a bento whose model is missing is not exported', async () => {
  using stores = createHome();
  stores.write('bentos/one/1/bento.yaml', bentoYaml('one', needs('iris:v1')));
  await assert.rejects(stores.bentos.export('one', join(stores.home, 'x')), {
    code: 'STORE_ITEM_MISSING',
    message: /there is no model iris:v1/,
  });
});

test('what is there already is not imported again', async () => {
  using stores = createHome();
  await stores.models.create('a:1', () => {});
  const path = await stores.models.export('a', join(stores.home, 'x'));
  await assert.rejects(stores.models.import(path), { code: 'STORE_ITEM_EXISTS' });
  await stores.models.delete('a');
  await stores.models.import(path);
});

test('an older model that is imported does not become the latest', async () => {
  using stores = createHome();
  await stores.models.create('a:old', () => {});
  const path = await stores.models.export('a', join(stores.home, 'x'));
  await stores.models.delete('a');
  await stores.models.create('a:new', () => {});
  await stores.models.import(path);
  assert.equal(String((await stores.models.get('a')).tag), 'a:new');
});

const marker: TarMember = { name: './model.yaml', body: modelYaml('a', '1') };

/** What each hostile archive has beside a good `model.yaml`, and why it is refused. */
const tars: Readonly<Record<string, readonly [members: readonly TarMember[], why: RegExp]>> = {
  'a path that leads up': [[{ name: '../escaped' }], /"\.\.\/escaped" is refused: its path leads up$/],
  'a path that leads up in its middle': [[{ name: 'a/../../escaped' }], /its path leads up$/],
  'a path that leads up and back': [[{ name: 'a/../b' }], /its path leads up$/],
  'a path that ends with two dots': [[{ name: 'a/..', type: '5' }], /its path leads up$/],
  'nothing but two dots': [[{ name: '..', type: '5' }], /its path leads up$/],
  'an absolute path': [[{ name: '/tmp/escaped' }], /its path is absolute$/],
  'an absolute path with two slashes': [[{ name: '//escaped' }], /its path is absolute$/],
  'an absolute folder': [[{ name: '/', type: '5' }], /its path is absolute$/],
  'a path with a drive': [[{ name: 'C:/escaped' }], /begins with the letter of a drive$/],
  'a path from a folder of a drive': [[{ name: 'c:escaped' }], /begins with the letter of a drive$/],
  'backslashes that lead up': [[{ name: '..\\escaped' }], /has a backslash in it/],
  'a share of Windows': [[{ name: '\\\\host\\share' }], /has a backslash in it/],
  'a path that leads up by its prefix': [[{ name: 'escaped', prefix: '../..' }], /its path leads up$/],
  'a path that leads up by pax': [[pax({ path: '../../escaped' }), { name: 'x' }], /its path leads up$/],
  'an absolute path by pax': [[pax({ path: '/escaped' }), { name: 'x' }], /its path is absolute$/],
  'a path that leads up by a long name of GNU': [
    [{ name: '././@LongLink', type: 'L', body: '../../escaped\0' }, { name: 'x' }],
    /its path leads up$/,
  ],
  'a NUL in a name by pax': [[pax({ path: 'a\0b' }), { name: 'x' }], /has a NUL in it$/],
  'a line break in a name': [[{ name: 'a\nb' }], /has control characters in it/],
  'an escape sequence in a name': [[{ name: 'a\x1b[2Jb' }], /has control characters in it/],
  'a name that is no UTF-8': [[{ name: Buffer.from([0x61, 0xff, 0xfe]) }], /or is no UTF-8$/],
  'a file without a name': [[{ name: '' }], /it has no name$/],
  'a file that is a dot': [[{ name: './', type: '0', body: 'x' }], /is refused: it has no name$|it is broken/],
  'a name that is too long': [[pax({ path: 'x'.repeat(256) }), { name: 'x' }], /its name is longer than 255 bytes$/],
  'a name that is too long in bytes': [
    [pax({ path: '数'.repeat(86) }), { name: 'x' }],
    /its name is longer than 255 bytes$/,
  ],
  'a path that is too long': [
    [pax({ path: `${'x'.repeat(200)}/`.repeat(20) + 'x'.repeat(200) }), { name: 'x' }],
    /its path is longer than 4000 bytes$/,
  ],
  'a path that is too deep': [
    [{ name: 'a/'.repeat(49), type: '5' }, pax({ path: `${'a/'.repeat(70)}x` }), { name: 'x' }],
    /more than 64 folders deep$/,
  ],
  'a link that is absolute': [
    [{ name: 'l', type: '2', linkname: '/etc/passwd' }],
    /link to "\/etc\/passwd", which is absolute or empty$/,
  ],
  'a link that leads out': [[{ name: 'l', type: '2', linkname: '../../../escaped' }], /which leads out$/],
  'a link that leads out from a folder': [[{ name: 'd/l', type: '2', linkname: '../../escaped' }], /which leads out$/],
  'a link that is empty': [[{ name: 'l', type: '2' }], /which is absolute or empty$/],
  'a link to a drive': [[{ name: 'l', type: '2', linkname: 'C:\\x' }], /which is absolute or empty$/],
  'a link with backslashes': [[{ name: 'l', type: '2', linkname: '..\\..\\x' }], /has a backslash in it/],
  'a link that leads nowhere': [
    [{ name: 'l', type: '2', linkname: 'nothing' }],
    /l: it is a link to nothing, which is not in the same folder/,
  ],
  'a link to itself': [[{ name: 'l', type: '2', linkname: 'l' }], /it is a link to l, which is not/],
  'two links in a circle': [
    [
      { name: 'l', type: '2', linkname: 'm' },
      { name: 'm', type: '2', linkname: 'l' },
    ],
    /it is a link to m, which is not/,
  ],
  'a file that is written through a link': [
    [
      { name: 'd', type: '2', linkname: '.' },
      { name: 'd/x', body: 'x' },
    ],
    /goes through or over the link "d"$/,
  ],
  'a file in the place of a link': [
    [
      { name: 'l', type: '2', linkname: 'x' },
      { name: 'l', body: 'x' },
    ],
    /goes through or over the link "l"$/,
  ],
  'a link in the place of a folder': [
    [{ name: 'd/x' }, { name: 'd', type: '2', linkname: '..' }],
    /"d" is a folder and a link$/,
  ],
  'links that climb by going through each other': [
    [
      { name: 'p/q', type: '2', linkname: '.' },
      { name: 'x', type: '2', linkname: 'p/q/q/q/../../..' },
    ],
    /x: it is a link to p\/q\/q\/q\/\.\.\/\.\.\/\.\., which is not in the same folder/,
  ],
  'a link by a long target of GNU': [
    [
      { name: '././@LongLink', type: 'K', body: '/etc/passwd\0' },
      { name: 'l', type: '2', linkname: 'x' },
    ],
    /which is absolute or empty$/,
  ],
  'a link by pax': [[pax({ linkpath: '../../..' }), { name: 'l', type: '2', linkname: 'x' }], /which leads out$/],
  'a link in the place of model.yaml': [
    [{ name: 'model.yaml', type: '2', linkname: '/etc/passwd' }],
    /"model\.yaml" is a file and a link$/,
  ],
  'a hard link to the outside': [[{ name: 'h', type: '1', linkname: '/etc/passwd' }], /its path is absolute$/],
  'a hard link that leads up': [[{ name: 'h', type: '1', linkname: '../../secret' }], /its path leads up$/],
  'a hard link to what comes later': [
    [{ name: 'h', type: '1', linkname: 'later' }, { name: 'later' }],
    /another name of "later", which is no file before it$/,
  ],
  'a hard link to itself': [[{ name: 'h', type: '1', linkname: 'h' }], /which is no file before it$/],
  'a hard link to a link': [
    [
      { name: 'l', type: '2', linkname: 'model.yaml' },
      { name: 'h', type: '1', linkname: 'l' },
    ],
    /which is no file before it$/,
  ],
  'a hard link to a folder': [
    [
      { name: 'd', type: '5' },
      { name: 'h', type: '1', linkname: 'd' },
    ],
    /which is no file before it$/,
  ],
  'a hard link through a link': [
    [
      { name: 'l', type: '2', linkname: '.' },
      { name: 'h', type: '1', linkname: 'l/model.yaml' },
    ],
    /which is no file before it$/,
  ],
  'a hard link to the same file in capitals': [
    [{ name: 'h', type: '1', linkname: 'MODEL.yaml' }],
    /which is no file before it$/,
  ],
  'a device of characters': [
    [{ name: 'null', type: '3' }],
    /it is a device, a pipe or something else that is no file$/,
  ],
  'a device of blocks': [[{ name: 'sda', type: '4' }], /it is a device/],
  'a pipe': [[{ name: 'pipe', type: '6' }], /it is a device/],
  'a file with holes': [[{ name: 'sparse', type: 'S' }], /it is a device|it is broken/],
  'a member of a kind that nobody knows': [[{ name: 'x', type: 'Z' }], /it is a device|it is broken/],
  'the same file twice': [
    [
      { name: 'x', body: '1' },
      { name: 'x', body: '2' },
    ],
    /"x" is refused: it is there twice$/,
  ],
  'model.yaml twice': [[{ name: 'model.yaml', body: modelYaml('evil', '1') }], /it is there twice$/],
  'names that differ in capitals': [
    [{ name: 'Weights' }, { name: 'weights' }],
    /differs from "Weights" only in capitals/,
  ],
  'folders that differ in capitals': [[{ name: 'Deep/a' }, { name: 'deep/b' }], /differs from "Deep" only in capitals/],
  'a link that is taken for another by its capitals': [
    [{ name: 'L', type: '2', linkname: '.' }, { name: 'l/x' }],
    /differs from "L" only in capitals/,
  ],
  'names that differ in how letters are composed': [
    [{ name: 'gr\u00fcn' }, { name: 'gru\u0308n' }],
    /or in how letters are composed/,
  ],
  'model.yaml in capitals': [[{ name: 'MODEL.YAML' }], /differs from "model\.yaml" only in capitals/],
  'a file and a folder of one name': [[{ name: 'x' }, { name: 'x/y' }], /"x" is a file and a folder$/],
  'a folder and a file of one name': [[{ name: 'x/y' }, { name: 'x' }], /"x" is a folder and a file$/],
  'a size that is below zero': [[{ name: 'x', size: '-0000000001 ' }], /it is broken/],
  'a size that is no number': [[{ name: 'x', size: 'abcdefghijk ' }], /it is broken|cut off/],
  'a size beyond the end': [[{ name: 'x', size: 1e6 }], /it was cut off$/],
  'a size of exabytes': [[{ name: 'x', size: `\x80${'\x7f'.repeat(11)}` }], /it was cut off$|it is broken/],
  'a long name of a gigabyte': [
    [{ name: '././@LongLink', type: 'L', size: 1e9 }],
    /it is broken: Header exceeds max size$/,
  ],
  'a header of pax of a gigabyte': [[{ name: 'pax', type: 'x', size: 1e9 }], /it is broken: Header exceeds max size$/],
  'a checksum that is wrong': [[{ name: 'x', checksum: '000000\0 ' }], /it is broken/],
  'a store of its own in its checksums': [
    [{ name: '.bentots.sha256', body: `${'0'.repeat(64)}  model.yaml\n` }],
    /it is not what its checksums say: "model\.yaml" is changed$/,
  ],
  'checksums that are none': [
    [{ name: '.bentots.sha256', body: 'x\n' }],
    /\.bentots\.sha256: it has a line that is no checksum$/,
  ],
};

for (const [what, [members, why]] of Object.entries(tars)) {
  test(`an archive is refused that has ${what}`, async () => {
    using stores = createHome();
    stores.write('secret', 'secret');
    const archive = join(stores.home, 'hostile.tar');
    writeFileSync(archive, rawTar([marker, ...members]));
    const before = stores.ls();
    await assert.rejects(stores.models.import(archive), (error: { code: string; message: string }) => {
      assert.deepEqual(
        [error.code, error.message.startsWith(`${archive}: `)],
        ['ARCHIVE_INVALID', true],
        error.message,
      );
      assert.match(error.message, why);
      return true;
    });
    assert.deepEqual(
      stores.ls().filter((path) => !['models', 'tmp'].includes(path)),
      before,
    );
    assert.equal(readFileSync(join(stores.home, 'secret'), 'utf8'), 'secret');
    assert.equal(existsSync('/escaped') || existsSync('/tmp/escaped'), false);
  });
}

const zipMarker: ZipMember = { name: 'model.yaml', body: modelYaml('a', '1') };
const zips: Readonly<Record<string, readonly [members: readonly ZipMember[], why: RegExp]>> = {
  'a path that leads up': [[{ name: '../escaped' }], /it is broken: invalid relative path|its path leads up$/],
  'an absolute path': [[{ name: '/escaped' }], /absolute path|its path is absolute$/],
  backslashes: [[{ name: '..\\escaped' }], /invalid characters in fileName|has a backslash in it/],
  'a drive': [[{ name: 'C:/escaped' }], /absolute path|letter of a drive$/],
  'a NUL in a name': [[{ name: 'a\0b' }], /has a NUL in it$/],
  'a link that leads out': [[{ name: 'l', body: '../../secret', mode: 0o120777 }], /which leads out$/],
  'a link that is a megabyte long': [[{ name: 'l', body: 'x'.repeat(1e6), mode: 0o120777 }], /a link is too long$/],
  'a device': [[{ name: 'd', mode: 0o020666 }], /it is a device/],
  'a pipe': [[{ name: 'p', mode: 0o010666 }], /it is a device/],
  'a file twice': [[{ name: 'x' }, { name: 'x' }], /it is there twice$/],
  'names that differ in capitals': [[{ name: 'x' }, { name: 'X' }], /only in capitals/],
  'a checksum that is wrong': [[{ name: 'x', body: 'abc', crc: 1 }], /it is broken/],
  'a file that is larger than it says': [[{ name: 'x', body: 'x'.repeat(10_000), size: 10 }], /it is broken/],
  'a file that is smaller than it says': [[{ name: 'x', body: 'x', size: 10_000 }], /it is broken/],
  'an encrypted file': [[{ name: 'x', body: 'abc', flags: 0x801 }], /encrypted/],
  'bytes that lie elsewhere': [[{ name: 'x', body: 'abc', offset: 1e6 }], /it is broken|cut off/],
};

for (const [what, [members, why]] of Object.entries(zips)) {
  test(`a zip is refused that has ${what}`, async () => {
    using stores = createHome();
    stores.write('secret', 'secret');
    const archive = join(stores.home, 'hostile.zip');
    writeFileSync(archive, rawZip([zipMarker, ...members]));
    await assert.rejects(stores.models.import(archive), { code: 'ARCHIVE_INVALID', message: why });
    assert.deepEqual(stores.ls(), ['hostile.zip', 'models', 'secret', 'tmp']);
  });
}

test('what unpacks to far more than its own size is refused before the disk is full', async () => {
  using stores = createHome();
  const { unpack } = await import('../src/store/archive/unpack.ts');
  const archive = join(stores.home, 'bomb');
  const bomb = rawTar([marker, { name: 'zeros', body: Buffer.alloc(20_000_000) }]);
  const limits = { entries: 10, freeBytes: 1_000_000, ratio: 200 };
  for (const [name, bytes] of Object.entries({
    gz: gzipSync(bomb),
    zst: zstdCompressSync(bomb),
    zip: rawZip([zipMarker, { name: 'zeros', body: Buffer.alloc(20_000_000) }]),
  })) {
    writeFileSync(archive, bytes);
    const into = join(stores.home, name);
    mkdirSync(into);
    await assert.rejects(
      unpack(archive, into, { limits }),
      {
        code: 'ARCHIVE_INVALID',
        message: /it is refused: it unpacks to more than \d+ bytes, far more than its own size$/,
      },
      name,
    );
    assert.ok(
      !existsSync(join(into, 'zeros')) || statSync(join(into, 'zeros')).size <= 1_000_000 + 200 * bytes.length,
      name,
    );
  }
});

test('an archive with more entries than anybody needs is refused', async () => {
  using stores = createHome();
  const { unpack } = await import('../src/store/archive/unpack.ts');
  const archive = join(stores.home, 'many');
  writeFileSync(archive, rawTar(Array.from({ length: 20 }, (_, at) => ({ name: `x${at}` }))));
  mkdirSync(join(stores.home, 'into'));
  const limits = { entries: 10, freeBytes: 1e6, ratio: 200 };
  await assert.rejects(unpack(archive, join(stores.home, 'into'), { limits }), {
    code: 'ARCHIVE_INVALID',
    message: /it is one of more than 10 entries$/,
  });
});

for (const ending of ['tar', 'tar.gz', 'tar.zst', 'bentomodel', 'zip']) {
  test(`a ${ending} that was cut off anywhere is refused`, async () => {
    using stores = createHome();
    await stores.models.create('a:1', fill);
    const archive = await stores.models.export('a', join(stores.home, `x.${ending}`));
    await stores.models.delete('a');
    const { size } = statSync(archive);
    for (const at of [size - 1, size >> 1, 700, 100, 6].filter((at) => ending !== 'tar' || at < size - 1)) {
      truncateSync(archive, Math.min(at, size));
      await assert.rejects(stores.models.import(archive), { code: 'ARCHIVE_INVALID' }, `${at} of ${size}`);
    }
    assert.deepEqual([stores.ls('models'), stores.ls('tmp')], [[], []]);
  });
}

test('what is no archive, or holds something else, is said so', async () => {
  using stores = createHome();
  const { home } = stores;
  const write = (name: string, bytes: string | Buffer) => {
    writeFileSync(join(home, name), bytes);
    return join(home, name);
  };
  mkdirSync(join(home, 'empty folder'));
  for (const [path, message] of [
    [write('empty', ''), /it is no archive: neither tar/],
    [write('text', 'hello'), /it is no archive/],
    [
      write('bz2', Buffer.from('BZh91AY&SY')),
      /it is packed with bzip2, which is not read; pack it with gzip, xz or zstd$/,
    ],
    [write('other.tar', rawTar([{ name: 'x' }])), /it has no model\.yaml, so that it is no model$/],
    [
      write('bento.tar', rawTar([{ name: 'bento.yaml' }])),
      /so that it is no model but a bento, which bento import takes$/,
    ],
    [write('torn.tar', rawTar([{ name: 'model.yaml', body: 'name: [' }])), /torn\.tar: model\.yaml: /],
    [
      write('name.tar', rawTar([{ name: 'model.yaml', body: modelYaml('../x', '1') }])),
      /model\.yaml: "\.\.\/x:1" is no tag/,
    ],
    [write('none.zip', rawZip([])), /it has no model\.yaml/],
    [join(home, 'empty folder'), /it has no model\.yaml/],
    [join(home, 'missing'), /missing: there is no such file or folder$/],
    ['/dev/null', /it is no (?:file|archive)/],
  ] as const) {
    if (path === '/dev/null' && process.platform === 'win32') continue;
    await assert.rejects(stores.models.import(path), { code: 'ARCHIVE_INVALID', message }, path);
  }
  const latest = write('latest.tar', rawTar([{ name: 'model.yaml', body: modelYaml('a', 'latest') }]));
  await assert.rejects(stores.models.import(latest), { code: /ARCHIVE_INVALID|STORE_ITEM_INVALID/ });
});

test('files of a hub that a bento brings stay with it, beside models that go into the store', async () => {
  using from = createHome();
  using to = createHome();
  await from.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'w'), 'x'));
  const time = "creation_time: '2024-05-01T10:00:00.000000+00:00'";
  from.write('bentos/b/1/bento.yaml', `service: a\nname: b\nversion: '1'\n${time}\nmodels:\n- tag: iris:v1\n`);
  from.write('bentos/b/1/models/models--Org--name/snapshots/c0ffee/config.json', '{}');
  for (const format of ['tar', 'folder']) {
    await to.bentos.import(await from.bentos.export('b:1', `${from.home}/out-${format}`, { format }));
    const files = to.ls().filter((path) => /(?:json|\/w)$/.test(path));
    assert.deepEqual(
      files,
      ['bentos/b/1/models/models--Org--name/snapshots/c0ffee/config.json', 'models/iris/v1/w'],
      format,
    );
    await to.bentos.delete('b');
  }
});
