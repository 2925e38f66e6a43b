/** Archives in an object store. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { bento } from './bento.ts';
import { createHome, modelYaml } from './store/home.ts';
import { rawTar } from './store/raw-archives.ts';
import { type S3Server, startS3 } from './store/s3.ts';

const mebibyte = 1024 * 1024;

/** Lets this process use a server, until the end of the block. */
function use(env: Readonly<Record<string, string | undefined>>): Disposable {
  const all = {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/none',
    AWS_SHARED_CREDENTIALS_FILE: '/none',
    ...env,
  };
  const before = Object.keys(all).map((name) => [name, process.env[name]] as const);
  const set = (values: readonly (readonly [string, string | undefined])[]) => {
    for (const [name, value] of values) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  set(Object.entries(all));
  return { [Symbol.dispose]: () => set(before) };
}

const put = (bytes: number) => (folder: string) =>
  writeFileSync(join(folder, 'weights'), Buffer.alloc(bytes, 'weights'));

for (const [address, key] of [
  ['s3://models', 'iris-v1.bentomodel'],
  ['s3://models/exports/', 'exports/iris-v1.bentomodel'],
  ['s3://models/exports/any name', 'exports/any name.bentomodel'],
  ['s3://models/iris.tar.zst', 'iris.tar.zst'],
  ['S3://models/größe+100%.zip', 'größe+100%.zip'],
] as const) {
  test(`a model that is exported to ${address} is imported elsewhere as it was`, async () => {
    await using s3 = await startS3('models');
    using _ = use(s3.env);
    using here = createHome();
    using there = createHome();
    await here.models.create('iris:v1', put(1000), { checksums: true });
    const written = await here.models.export('iris', address);
    assert.deepEqual([written, [...s3.objects.keys()]], [`s3://models/${key}`, [`models/${key}`]]);
    assert.equal(String((await there.models.import(written)).tag), 'iris:v1');
    assert.deepEqual((await there.models.verify('iris')).problems, []);
    assert.deepEqual([there.ls('tmp'), here.ls('tmp')], [[], []]);
  });
}

test('a large one goes in parts', async () => {
  await using s3 = await startS3('models');
  using _ = use(s3.env);
  using stores = createHome();
  await stores.models.create('iris:v1', put(44 * mebibyte), { checksums: true });
  await stores.models.export('iris', 's3://models/iris.tar');
  const parts = s3.requests.filter((request) => request.includes(' part '));
  assert.deepEqual([parts.length, s3.openUploads], [6, 0]);
  await stores.models.delete('iris');
  await stores.models.import('s3://models/iris.tar');
  assert.deepEqual((await stores.models.verify('iris')).problems, []);
});

test('an upload that fails half way leaves neither an object nor parts', async () => {
  await using s3 = await startS3('models');
  using _ = use(s3.env);
  using stores = createHome();
  const { pathOf } = await stores.models.create('iris:v1', put(44 * mebibyte));
  s3.fault = (request) => (request.endsWith('part 3') ? { status: 403, code: 'AccessDenied' } : undefined);
  await assert.rejects(stores.models.export('iris', 's3://models/iris.tar'), {
    code: 'ARCHIVE_INVALID',
    message: 's3://models/iris.tar: access is denied; these credentials may not read or write it',
  });
  assert.deepEqual([s3.objects.size, s3.openUploads], [0, 0]);
  s3.fault = (request) => void (request.endsWith('part 1') && truncateSync(pathOf('weights'), 30 * mebibyte));
  await assert.rejects(stores.models.export('iris', 's3://models/iris.tar'), /weights: it changed while it was read/);
  assert.deepEqual([s3.objects.size, s3.openUploads], [0, 0]);
});

test('a model that is deleted while it is exported is not exported', async () => {
  await using s3 = await startS3('models');
  using _ = use(s3.env);
  using stores = createHome();
  const { folder, pathOf } = await stores.models.create('iris:v1', (folder) => {
    put(44 * mebibyte)(folder);
    writeFileSync(join(folder, 'z'), 'z');
  });
  s3.fault = (request) => void (request.endsWith('part 1') && rmSync(folder, { recursive: true }));
  await assert.rejects(stores.models.export('iris', 's3://models/iris.tar'), {
    code: 'STORE_ITEM_INVALID',
    message: new RegExp(`${pathOf('z')}: it went away`),
  });
  assert.deepEqual([s3.objects.size, s3.openUploads], [0, 0]);
});

test('Ctrl-C ends an export and an import in good order', { skip: process.platform === 'win32' }, async () => {
  await using s3 = await startS3('models');
  using stores = createHome();
  await stores.models.create('iris:v1', put(44 * mebibyte));
  const interrupt = async (request: string, ...words: readonly string[]) => {
    await using running = bento(['models', ...words], { env: { ...s3.env, BENTOML_HOME: stores.home } });
    s3.fault = (seen) => {
      if (!seen.startsWith(request)) return undefined;
      running.child.kill('SIGINT');
      return 'silence'; // it cannot come to its end before the signal comes
    };
    return await running.finished;
  };
  const stopping = 'stopping: what was begun is taken away; a second signal ends at once\n';
  const exported = await interrupt('PUT models/iris.tar part 2', 'export', 'iris', 's3://models/iris.tar');
  assert.deepEqual([exported.end, exported.stdout, exported.stderr], [130, '', stopping]);
  assert.deepEqual([s3.objects.size, s3.openUploads], [0, 0]);
  await stores.models.delete('iris');
  s3.objects.set('models/large.tar', Buffer.alloc(100 * mebibyte));
  const imported = await interrupt('GET models/large.tar', 'import', 's3://models/large.tar');
  assert.deepEqual([imported.end, imported.stderr, stores.ls('tmp'), stores.ls('models')], [130, stopping, [], []]);
});

test('a line that is cut is gone on with where it was', async () => {
  await using s3 = await startS3('models');
  using _ = use(s3.env);
  using here = createHome();
  using there = createHome();
  await here.models.create('iris:v1', put(mebibyte), { checksums: true });
  const address = await here.models.export('iris', 's3://models/iris.tar');
  let cuts = 0;
  s3.fault = () => (cuts++ < 3 ? { cutAfterBytes: 300_000 } : undefined);
  await there.models.import(address);
  assert.deepEqual((await there.models.verify('iris')).problems, []);
  const starts = s3.requests.flatMap((request) => /bytes=(\d+)-$/.exec(request)?.[1] ?? []).map(Number);
  assert.equal(starts.length, 3);
  assert.ok(
    starts.every((start, at) => start > (starts[at - 1] ?? 0)),
    starts.join(),
  );
});

test('what does not come whole, or is replaced meanwhile, is not imported', async () => {
  await using s3 = await startS3('models');
  using _ = use(s3.env);
  using here = createHome();
  using there = createHome();
  await here.models.create('iris:v1', put(mebibyte));
  const address = await here.models.export('iris', 's3://models/iris.tar');
  s3.fault = () => ({ cutAfterBytes: 0 });
  await assert.rejects(there.models.import(address), {
    message: /^s3:\/\/models\/iris.tar: it ends before it should: 0 of \d+ bytes came, and no more; try again$/,
  });
  s3.fault = () => {
    s3.fault = () => void s3.objects.set('models/iris.tar', Buffer.from('another'));
    return { cutAfterBytes: 1000 };
  };
  await assert.rejects(there.models.import(address), {
    message: `${address}: it was replaced while it was read; try again`,
  });
  assert.deepEqual([there.ls('models'), there.ls('tmp')], [[], []]);
});

test('what is wrong is said in a sentence, without a secret in it', async () => {
  await using s3 = await startS3('models');
  using stores = createHome();
  await stores.models.create('iris:v1', put(10));
  const said = async (server: Partial<S3Server['env']>, address: string, code?: string) => {
    using _ = use({ ...s3.env, ...server });
    s3.fault = () => (code === undefined ? undefined : { status: 403, code });
    for (const attempt of [() => stores.models.export('iris', address), () => stores.models.import(address)]) {
      const error: unknown = await attempt().then(
        () => undefined,
        (reason) => reason,
      );
      assert.ok(error instanceof Error, address);
      assert.equal(inspect(error, { depth: 10, showHidden: true }).includes(s3.secret), false);
      if (attempt.toString().includes('import')) return error.message.replace(`${address}: `, '');
    }
    return '';
  };
  assert.match(await said({}, 's3://other/iris.tar'), /^there is no such bucket; make it first/);
  assert.match(await said({}, 's3://models/none.tar', 'AccessDenied'), /^access is denied; these credentials/);
  assert.match(await said({}, 's3://models/none.tar', 'ExpiredToken'), /^the credentials have expired; sign in again$/);
  assert.match(await said({}, 's3://models/none.tar', 'Unheard'), /^the store refused it: Unheard: Unheard of /);
  assert.match(await said({ AWS_ACCESS_KEY_ID: 'other' }, 's3://models/x.tar'), /^the access key is not known there/);
  assert.match(await said({ AWS_SECRET_ACCESS_KEY: 'x' }, 's3://models/x.tar'), /^the secret key is not the one of/);
  const nobody = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined } as never;
  assert.match(await said(nobody, 's3://models/x.tar'), /^no credentials were found; set AWS_ACCESS_KEY_ID and/);
  const nowhere = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' };
  assert.match(await said(nowhere, 's3://models/x.tar'), /^nothing listens at the address of the store; check/);
  using _ = use(s3.env);
  s3.fault = () => undefined;
  await assert.rejects(stores.models.import('s3://models/none.tar'), {
    message: 's3://models/none.tar: there is no such object',
  });
  await assert.rejects(
    stores.models.export('iris', 's3://models/x', { format: 'folder' }),
    /can be written on a disk only/,
  );
});

test('an address that is none is refused, without what may be a password in it', async () => {
  using stores = createHome();
  await stores.models.create('iris:v1', put(10));
  for (const [address, message] of [
    ['s3://key:pass@models/x', /^s3:\/\/…: no credentials, no port and no colon go into it; the environment/],
    ['s3://', /^s3:\/\/: it must be s3:\/\/bucket\/key, and a bucket has/],
    ['s3://Models/x', /^s3:\/\/Models\/x: it must be s3:\/\/bucket\/key/],
    [`s3://models/${'x'.repeat(1025)}`, /the key is longer than the 1024 bytes/],
    [
      'https://user:pass@example.com/x',
      /^https:\/\/…: only paths, file:\/\/ and s3:\/\/ are taken; copy it to a disk first$/,
    ],
    ['file://host.example/x', /^file:\/\/…: it is no path of this machine/],
  ] as const) {
    for (const attempt of [() => stores.models.import(address), () => stores.models.export('iris', address)]) {
      await assert.rejects(
        attempt,
        (error: Error) => message.test(error.message) && !error.message.includes('pass@'),
        address,
      );
    }
  }
  const file = join(stores.home, 'a b.tar');
  assert.equal(await stores.models.export('iris', pathToFileURL(file).href), file);
  await stores.models.delete('iris');
  await stores.models.import(pathToFileURL(file).href);
});

test('a hostile archive is refused by its address', async () => {
  await using s3 = await startS3('models');
  using _ = use(s3.env);
  using stores = createHome();
  const members = [
    { name: 'model.yaml', bytes: modelYaml('a', '1') },
    { name: '../../evil', bytes: 'x' },
  ];
  s3.objects.set('models/evil.tar', rawTar(members as never));
  await assert.rejects(stores.models.import('s3://models/evil.tar'), {
    code: 'ARCHIVE_INVALID',
    message: 's3://models/evil.tar: "../../evil" is refused: its path leads up',
  });
  assert.deepEqual([stores.ls('models'), stores.ls('tmp')], [[], []]);
});

test('a bento goes through an object store on the command line', async () => {
  await using s3 = await startS3('models');
  using here = createHome();
  using there = createHome();
  await here.models.create('iris:v1', put(10));
  here.write(
    'bentos/x/1/bento.yaml',
    `service: service:X\nname: x\nversion: '1'\ncreation_time: '2024-05-01T10:00:00.000000+00:00'\nmodels:\n- tag: iris:v1\n`,
  );
  const run = async (home: string, ...args: readonly string[]) => {
    await using running = bento(args, { cwd: home, env: { ...s3.env, BENTOML_HOME: home } });
    return await running.finished;
  };
  assert.equal(
    (await run(here.home, 'export', 'x', 's3://models')).stdout,
    'exported bento x:1 to s3://models/x-1.bento\n',
  );
  assert.equal((await run(there.home, 'import', 's3://models/x-1.bento')).stdout, 'imported bento x:1\n');
  assert.deepEqual(there.ls('models/iris/v1'), ['model.yaml', 'weights']);
  const wrong = await run(there.home, 'import', 's3://models/none', '--verbose');
  assert.deepEqual([wrong.end, wrong.stderr.includes(s3.secret)], [1, false]);
});

test('without its packages it is said which to install', () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name.startsWith('@aws-sdk/')) throw Object.assign(new Error("no '" + name + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
      return next(name, context);
    } });`;
  using stores = createHome();
  const program = fileURLToPath(new URL('../bin/bento.js', import.meta.url));
  const words = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program, 'import', 's3://models/x'];
  const { status, stderr } = spawnSync(process.execPath, words, {
    cwd: stores.home, // where they are not installed either
    encoding: 'utf8',
    env: { ...process.env, BENTOML_HOME: stores.home },
  });
  assert.deepEqual(
    [status, stderr.split('\n', 1)[0]],
    [
      1,
      'bento: s3://models/x needs the package @aws-sdk/client-s3, which is not installed; run: npm install @aws-sdk/client-s3',
    ],
  );
});
