/** Speaks with registries that behave, and with those that do not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { RegistryAccess } from '../src/registry/access.ts';
import { type Descriptor, digestOf, mediaTypes } from '../src/registry/manifest.ts';
import { type BlobSource, openRepository, type Repository, type RepositoryUse } from '../src/registry/registry.ts';
import { bento } from './bento.ts';
import { startProxy } from './registry/proxy.ts';
import { type Asked, certificateFile, type Fault, startRegistry, type TestRegistry } from './registry/registry.ts';
import { createHome } from './store/home.ts';

const repository = 'team/iris';
const proxies = { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined };

interface Setting extends AsyncDisposable {
  readonly registry: TestRegistry;
  /** What was waited for between tries. */
  readonly pauses: number[];
  readonly folder: string;
  readonly file: string;
  open(use?: RepositoryUse, access?: Partial<RegistryAccess>): Promise<Repository>;
  /** Writes Docker's config.json. */
  logIn(config: unknown): void;
}

async function start(): Promise<Setting> {
  const registry = await startRegistry();
  const folder = mkdtempSync(join(tmpdir(), 'bentots-registry-'));
  const credentialsFile = join(folder, 'config.json');
  const pauses: number[] = [];
  const opened: Repository[] = [];
  return {
    registry,
    pauses,
    folder,
    file: join(folder, 'blob'),
    logIn: (config) => writeFileSync(credentialsFile, typeof config === 'string' ? config : JSON.stringify(config)),
    async open(use, more) {
      const one = await openRepository(
        { registry: registry.host, repository },
        {
          settings: { credentialsFile, plainHttp: [], networks: [], proxies },
          signal: AbortSignal.timeout(60_000),
          pause: async (ms) => void pauses.push(ms),
          ...more,
        },
        use,
      );
      opened.push(one);
      return one;
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

const describe = (bytes: Buffer): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.length,
});
const sourceOf = (bytes: Buffer): BlobSource => ({
  descriptor: describe(bytes),
  open: (offset) => Readable.from([bytes.subarray(offset)], { objectMode: false }),
});
const quiet = () => {};

/** A fault that happens so many times, to what fits. */
function times(
  count: number,
  fault: Fault,
  fits: (asked: Asked) => boolean = () => true,
): (asked: Asked) => Fault | undefined {
  let left = count;
  return (asked) => (fits(asked) && left-- > 0 ? fault : undefined);
}

test('what is sent is found under its tag and its digest, and comes back as it was', async () => {
  await using setting = await start();
  const repo = await setting.open({ isWritten: true });
  const blob = randomBytes(200_000);
  assert.equal(await repo.sendBlob(sourceOf(blob)), 'sent');
  assert.equal(await repo.sendBlob(sourceOf(blob)), 'there');
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: describe(blob), layers: [] }));
  const sent = await repo.sendManifest(manifest, mediaTypes.manifests.manifest, 'v1');
  assert.deepEqual(await repo.find('v1'), sent);
  assert.deepEqual(await repo.find(sent.digest), sent);
  assert.equal(await repo.find('v2'), undefined);
  assert.deepEqual((await repo.fetchManifest('v1')).bytes, manifest);
  assert.deepEqual(await repo.fetchBlob(describe(blob)), blob);
  await repo.download(describe(blob), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), blob);
});

test('what another repository of the registry has is taken over, and not sent', async () => {
  await using setting = await start();
  const blob = randomBytes(1000);
  const { registry } = setting;
  const digest = registry.put(blob);
  // It is known to the registry, but not in this repository.
  registry.fault = ({ method, path }) => (method === 'HEAD' && path.endsWith(digest) ? { status: 404 } : undefined);
  const repo = await setting.open({ isWritten: true, mountsFrom: ['team/base'] });
  assert.equal(await repo.sendBlob(sourceOf(blob), { from: 'team/base' }), 'mounted');
  assert.equal(registry.takeBytes(), 0);
});

test('a download goes on where it was cut, asking for the rest only', async () => {
  await using setting = await start();
  const { registry } = setting;
  const blob = randomBytes(3_000_000);
  registry.put(blob);
  registry.fault = times(2, { cutAfter: 700_000 });
  const repo = await setting.open();
  await repo.download(describe(blob), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), blob);
  const ranges = registry.asked.map(({ range }) => range);
  assert.equal(ranges[0], undefined);
  assert.ok(
    ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')),
    String(ranges),
  );
});

test('a download that another process began is gone on with', async () => {
  await using setting = await start();
  const blob = randomBytes(100_000);
  setting.registry.put(blob);
  writeFileSync(setting.file, blob.subarray(0, 40_000));
  const repo = await setting.open();
  await repo.download(describe(blob), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), blob);
  assert.deepEqual(
    setting.registry.asked.map(({ range }) => range),
    ['bytes=40000-'],
  );
});

test('a beginning that is another one, or too long, is begun anew', async () => {
  await using setting = await start();
  const blob = randomBytes(100_000);
  setting.registry.put(blob);
  const repo = await setting.open();
  for (const left of [randomBytes(40_000), randomBytes(200_000), randomBytes(100_000)]) {
    writeFileSync(setting.file, left);
    await repo.download(describe(blob), setting.file, quiet);
    assert.deepEqual(readFileSync(setting.file), blob);
  }
});

test('a registry that knows no ranges sends all of it again', async () => {
  await using setting = await start();
  const blob = randomBytes(100_000);
  setting.registry.put(blob);
  setting.registry.fault = () => ({ ignoresRange: true });
  writeFileSync(setting.file, blob.subarray(0, 40_000));
  const repo = await setting.open();
  await repo.download(describe(blob), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), blob);
});

test('an empty blob needs no bytes', async () => {
  await using setting = await start();
  const empty = Buffer.alloc(0);
  const repo = await setting.open({ isWritten: true });
  assert.equal(await repo.sendBlob(sourceOf(empty)), 'sent');
  await repo.download(describe(empty), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), empty);
});

test('other bytes than those of the digest are refused, however they come', async () => {
  await using setting = await start();
  const { registry } = setting;
  const [wanted, other] = [randomBytes(1000), randomBytes(1000)];
  registry.blobs.set(digestOf(wanted), other);
  const repo = await setting.open();
  const problem = {
    code: 'REGISTRY_FAILED',
    message: `${registry.host}: it sends other bytes for the blob ${digestOf(wanted)}`,
  };
  await assert.rejects(repo.download(describe(wanted), setting.file, quiet), problem);
  assert.equal(readFileSync(setting.file).length, 0);
  await assert.rejects(repo.fetchBlob(describe(wanted)), { code: 'REGISTRY_FAILED' });
});

test('more bytes than the manifest says are not read on, and fewer are asked for again', async () => {
  await using setting = await start();
  const { registry } = setting;
  const [wanted, longer] = [randomBytes(1000), randomBytes(5_000_000)];
  registry.blobs.set(digestOf(wanted), longer);
  const repo = await setting.open();
  const more = /it sends more (?:of|than)/;
  await assert.rejects(repo.download(describe(wanted), setting.file, quiet), more);
  await assert.rejects(repo.fetchBlob(describe(wanted)), more);
  registry.blobs.set(digestOf(wanted), wanted);
  registry.fault = () => ({ cutAfter: 10, endsWell: true });
  await assert.rejects(repo.download(describe(wanted), setting.file, quiet), /it sent \d+ of the 1000 bytes/);
});

test('a manifest that is not the one of its digest is refused, as is one without end, or one that is none', async () => {
  await using setting = await start();
  const { registry } = setting;
  const repo = await setting.open();
  const digest = digestOf(Buffer.from('wanted'));
  registry.manifests.set(`${repository}/${digest}`, { mediaType: 'x', bytes: Buffer.from('other') });
  await assert.rejects(repo.fetchManifest(digest), /it sends another manifest of team\/iris@sha256:/);
  registry.fault = () => ({ status: 200, headers: { 'docker-content-digest': digest }, body: 'something' });
  await assert.rejects(repo.fetchManifest('v1'), /it sends another manifest of team\/iris:v1 than sha256:/);
  registry.fault = () => ({ status: 200, body: Buffer.alloc(5 * 1024 * 1024) });
  await assert.rejects(repo.fetchManifest('v1'), /it sends more than 4194304 bytes for the manifest/);
});

test('what is not there is said to be missing', async () => {
  await using setting = await start();
  const repo = await setting.open();
  const host = setting.registry.host;
  await assert.rejects(repo.fetchManifest('v1'), {
    code: 'REGISTRY_ITEM_MISSING',
    message: `there is no team/iris:v1 at ${host}; correct the name, or push it first`,
  });
  await assert.rejects(repo.download(describe(Buffer.from('x')), setting.file, quiet), {
    code: 'REGISTRY_ITEM_MISSING',
  });
});

for (const [status, headers, least] of [
  [500, {}, 0],
  [503, { 'retry-after': '7' }, 7000],
  [429, {}, 0],
  [429, { 'retry-after': '20' }, 20_000],
  [429, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 1000],
] as const) {
  const says = JSON.stringify(headers).replace(/"[A-Z][^"]*GMT"/, '"a date"');
  test(`${status} with ${says} is tried again after a pause`, async () => {
    await using setting = await start();
    const blob = Buffer.from('tried again');
    setting.registry.put(blob);
    setting.registry.fault = times(2, { status, headers });
    const repo = await setting.open();
    assert.deepEqual(await repo.fetchBlob(describe(blob)), blob);
    assert.equal(setting.pauses.length, 2);
    assert.ok(
      setting.pauses.every((ms) => ms >= least && ms > 0),
      String(setting.pauses),
    );
  });
}

test('a registry that goes on refusing is not asked for ever, and the pauses grow', async () => {
  await using setting = await start();
  setting.registry.fault = () => ({ status: 500, body: '{"errors":[{"code":"UNKNOWN","message":"a secret"}]}' });
  const repo = await setting.open();
  await assert.rejects(repo.find('v1'), {
    code: 'REGISTRY_FAILED',
    message: `${setting.registry.host}: it answered 500 for the manifest of team/iris:v1; try again later`,
  });
  await assert.rejects(
    repo.fetchManifest('v1'),
    /it answered 500 for the manifest of team\/iris:v1, UNKNOWN; try again later/,
  );
  const [first = 0, , , last = 0] = setting.pauses;
  assert.equal(setting.pauses.length, 8);
  assert.ok(last > 2 * first, String(setting.pauses));
});

test('a registry that wants more than five minutes is not waited for', async () => {
  await using setting = await start();
  setting.registry.fault = () => ({ status: 429, headers: { 'retry-after': '3600' } });
  const repo = await setting.open();
  await assert.rejects(
    repo.find('v1'),
    /it has too many requests \(429\) and asks to wait 3600 s; try again later, or log in/,
  );
  assert.deepEqual(setting.pauses, []);
});

test('a registry that nobody answers for says so', async () => {
  await using setting = await start();
  const repo = await setting.open();
  await setting.registry[Symbol.asyncDispose]();
  try {
    await assert.rejects(repo.find('v1'), /cannot be reached: ECONNREFUSED/);
  } finally {
    Object.assign(setting.registry, { [Symbol.asyncDispose]: async () => {} });
  }
});

const login = { username: 'ann', password: 'se:cret' };
const auth = Buffer.from('ann:se:cret').toString('base64');

for (const kind of ['basic', 'bearer'] as const) {
  test(`what docker login keeps opens a registry that wants a ${kind} login, for all that is asked at once`, async () => {
    await using setting = await start();
    const { registry } = setting;
    const blobs = Array.from({ length: 6 }, () => randomBytes(100));
    for (const blob of blobs) registry.put(blob);
    registry.login = { ...login, kind };
    setting.logIn({ auths: { [`https://${registry.host}/v1/`]: { auth } } });
    const repo = await setting.open();
    assert.deepEqual(await Promise.all(blobs.map((blob) => repo.fetchBlob(describe(blob)))), blobs);
    const tokens = registry.asked.filter(({ path }) => path.startsWith('/token'));
    assert.equal(tokens.length, kind === 'bearer' ? 1 : 0);
    if (kind === 'bearer')
      assert.match(decodeURIComponent(tokens[0]?.path ?? ''), /\?service=test&scope=repository:team\/iris:pull$/);
  });
}

test('a token that has run out is renewed', async () => {
  await using setting = await start();
  const { registry } = setting;
  const blob = randomBytes(100);
  registry.put(blob);
  registry.login = { ...login, kind: 'bearer' };
  setting.logIn({ auths: { [registry.host]: { username: 'ann', password: 'se:cret' } } });
  const repo = await setting.open();
  await repo.fetchBlob(describe(blob));
  registry.fault = times(1, {
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` },
  });
  assert.deepEqual(await repo.fetchBlob(describe(blob)), blob);
});

test('who writes asks for a token that may write', async () => {
  await using setting = await start();
  const { registry } = setting;
  registry.login = { ...login, kind: 'bearer' };
  setting.logIn({ auths: { [registry.host]: { auth } } });
  const repo = await setting.open({ isWritten: true, mountsFrom: ['team/base'] });
  assert.equal(await repo.sendBlob(sourceOf(Buffer.from('x'))), 'sent');
  const [asked] = registry.asked.filter(({ path }) => path.startsWith('/token'));
  const { searchParams } = new URL(asked?.path ?? '', 'http://any');
  assert.deepEqual(searchParams.getAll('scope'), ['repository:team/iris:pull,push', 'repository:team/base:pull']);
});

test('a login that is refused, or missing, is told without the password', async () => {
  await using setting = await start();
  const { registry } = setting;
  const { host } = registry;
  for (const kind of ['basic', 'bearer'] as const) {
    registry.login = { ...login, kind };
    for (const config of [{}, { auths: { [host]: { username: 'ann', password: 'wr0ng' } } }]) {
      setting.logIn(config);
      const repo = await setting.open();
      await assert.rejects(repo.find('v1'), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'REGISTRY_DENIED');
        assert.match(error.message, new RegExp(`^${host}: .*run docker login ${host}, or its like`));
        assert.doesNotMatch(JSON.stringify([error.message, error.stack]), /wr0ng|YW5u/);
        return true;
      });
    }
  }
  registry.login = undefined;
  registry.fault = () => ({ status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' });
  const repo = await setting.open();
  await assert.rejects(repo.fetchManifest('v1'), {
    code: 'REGISTRY_DENIED',
    message: `${host}: the manifest of team/iris:v1 is forbidden (403), DENIED: the account that is logged in may not do that`,
  });
});

for (const [what, body] of [
  ['no JSON', 'secret {'],
  ['no token', '{"tok":1}'],
  ['a token with a line feed', '{"token":"a\\nb"}'],
  ['a token without end', `{"token":"${'x'.repeat(2_000_000)}"}`],
] as const) {
  test(`an answer with ${what} is not taken for one with a token`, async () => {
    await using setting = await start();
    const { registry } = setting;
    registry.login = { ...login, kind: 'bearer' };
    setting.logIn({ auths: { [registry.host]: { auth } } });
    registry.fault = ({ path }) => (path.startsWith('/token') ? { status: 200, body } : undefined);
    const repo = await setting.open();
    await assert.rejects(repo.find('v1'), {
      code: 'REGISTRY_FAILED',
      message: /without a token|more than 1048576 bytes/,
    });
  });
}

test('a way to log in that is not known is told, and no password is sent there', async () => {
  await using setting = await start();
  const { registry } = setting;
  setting.logIn({ auths: { [registry.host]: { auth } } });
  for (const way of [
    'Negotiate abc',
    '',
    'Bearer service="x"',
    'Bearer realm="ftp://x/y"',
    'Bearer realm="http://a:b@x/y"',
  ]) {
    registry.fault = () => ({ status: 401, headers: { 'www-authenticate': way } });
    const repo = await setting.open();
    await assert.rejects(
      repo.find('v1'),
      /login of a kind that is not known|no https address at which tokens are given/,
    );
  }
  assert.ok(registry.asked.every(({ authorization }) => authorization === undefined));
});

/** A credential helper that does what a script says. */
function installHelper(folder: string, name: string, script: string): void {
  const file = join(folder, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const hasShell = process.platform !== 'win32';

test('a credential helper is asked on its standard input, the one of the registry before the one of all', {
  skip: !hasShell,
}, async (t) => {
  await using setting = await start();
  const { registry, folder } = setting;
  registry.login = { ...login, kind: 'basic' };
  const path = process.env.PATH;
  t.after(() => {
    process.env.PATH = path;
  });
  process.env.PATH = `${folder}${delimiter}${path}`;
  installHelper(
    folder,
    'mine',
    `[ "$1" = get ] && read server && [ "$server" = "${registry.host}" ] && echo '{"ServerURL":"x","Username":"ann","Secret":"se:cret"}'`,
  );
  installHelper(folder, 'none', 'echo credentials not found in native keychain; exit 1');
  installHelper(folder, 'broken', 'echo "the secret is s3cret"; exit 3');
  installHelper(folder, 'talks', 'echo hello');
  installHelper(folder, 'floods', 'yes');
  for (const config of [
    { credHelpers: { [registry.host]: 'mine' }, credsStore: 'broken' },
    { credsStore: 'mine' },
    { credsStore: 'none', auths: { [registry.host]: { auth } } },
  ]) {
    setting.logIn(config);
    assert.equal(await (await setting.open()).find('v1'), undefined);
  }
  for (const [helper, problem] of [
    ['none', /run docker login/],
    ['broken', /docker-credential-broken failed \(exit code 3\)/],
    ['talks', /docker-credential-talks does not answer as a credential helper does/],
    ['floods', /docker-credential-floods says more than 65536 bytes/],
    ['absent', /the credential helper docker-credential-absent is not on the PATH/],
    ['../evil', /has a name that no program has/],
  ] as const) {
    setting.logIn({ credHelpers: { [registry.host]: helper } });
    await assert.rejects((await setting.open()).find('v1'), (error: Error) => {
      assert.match(error.message, problem);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  }
});

test('of several logins the one of the nearest path is taken, and none of another path', async () => {
  await using setting = await start();
  const { registry } = setting;
  registry.login = { ...login, kind: 'basic' };
  const wrong = { username: 'ann', password: 'wrong' };
  for (const auths of [
    { [`${registry.host}/team/iris`]: { auth }, [`${registry.host}/team`]: wrong, [registry.host]: wrong },
    { [registry.host]: wrong, [`${registry.host}/team`]: { auth } },
    { [`${registry.host}/tea`]: wrong, [`${registry.host}/other/iris`]: wrong, [registry.host]: { auth } },
    { [`${registry.host}/teams`]: wrong, [`https://${registry.host}/v2/`]: { auth } },
  ]) {
    setting.logIn({ auths });
    assert.equal(await (await setting.open()).find('v1'), undefined, JSON.stringify(auths));
  }
  setting.logIn({ auths: { [`${registry.host}/other`]: { auth } } });
  await assert.rejects((await setting.open()).find('v1'), { code: 'REGISTRY_DENIED' });
});

test('an identity token is exchanged for one of the repository, be it kept in the file or by a helper', {
  skip: !hasShell,
}, async (t) => {
  await using setting = await start();
  const { registry, folder } = setting;
  registry.login = { ...login, kind: 'bearer', identityToken: 'id-t0ken' };
  const path = process.env.PATH;
  t.after(() => {
    process.env.PATH = path;
  });
  process.env.PATH = `${folder}${delimiter}${path}`;
  installHelper(folder, 'gives', `read server; echo '{"Username":"<token>","Secret":"id-t0ken"}'`);
  for (const config of [
    { auths: { [registry.host]: { identitytoken: 'id-t0ken' } } },
    { auths: { [registry.host]: { auth: 'MDAwMDAwMDA6', identitytoken: 'id-t0ken' } } },
    { auths: { [registry.host]: {} }, credsStore: 'gives' },
    { credHelpers: { [registry.host]: 'gives' } },
  ]) {
    setting.logIn(config);
    assert.equal(await (await setting.open()).find('v1'), undefined, JSON.stringify(config));
  }
  setting.logIn({ auths: { [registry.host]: { identitytoken: 'old-t0ken' } } });
  await assert.rejects((await setting.open()).find('v1'), (error: Error) => {
    assert.match(error.message, /the login that is kept for it is refused \(401\)/);
    assert.doesNotMatch(error.message, /t0ken/);
    return true;
  });
});

test('a config.json that cannot be read is named, and nothing of it is shown', async () => {
  await using setting = await start();
  setting.registry.login = { ...login, kind: 'basic' };
  setting.logIn('{"auths": {"x": {"auth": "s3cret" oops');
  await assert.rejects((await setting.open()).find('v1'), (error: Error) => {
    assert.match(error.message, /config\.json is no JSON; mend it, or let DOCKER_CONFIG name another folder$/);
    assert.doesNotMatch(error.message, /s3cret/);
    return true;
  });
});

test('where a registry leads to gets its bytes, but no login', async () => {
  await using setting = await start();
  await using other = await startRegistry();
  const { registry } = setting;
  const blob = randomBytes(2_000_000);
  other.put(blob);
  other.fault = times(1, { cutAfter: 1_000_000 });
  registry.login = { ...login, kind: 'basic' };
  setting.logIn({ auths: { [registry.host]: { auth } } });
  const to = `http://${other.host}/v2/x/blobs/${digestOf(blob)}`;
  registry.fault = ({ authorization }) => (authorization ? { status: 307, headers: { location: to } } : undefined);
  const repo = await setting.open();
  await repo.download(describe(blob), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), blob);
  assert.deepEqual(
    other.asked.map(({ authorization }) => authorization),
    [undefined, undefined],
  );
});

test('a public registry may not lead inside, unless the operator has named that network', {
  skip: process.platform !== 'linux',
}, async () => {
  await using setting = await start();
  await using inside = await startRegistry('127.0.0.2');
  const blob = randomBytes(100);
  inside.put(blob);
  const { registry, folder } = setting;
  const isPublic = (address: string) => address === '127.0.0.1';
  const credentialsFile = join(folder, 'config.json');
  const leads = () => ({
    status: 307,
    headers: { location: `http://${inside.host}/v2/x/blobs/${digestOf(blob)}` },
  });
  registry.fault = leads;
  const refused = /127\.0\.0\.1:\d+: it leads to an address that is not public; .*BENTOML_REGISTRY_NETWORKS/;
  await assert.rejects((await setting.open({}, { isPublic })).fetchBlob(describe(blob)), refused);
  registry.fault = () => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="http://${inside.host}/token"` },
  });
  setting.logIn({ auths: { [registry.host]: { auth } } });
  await assert.rejects((await setting.open({}, { isPublic })).find('v1'), refused);
  assert.deepEqual(inside.asked, []);
  registry.fault = leads;
  const settings = { credentialsFile, plainHttp: [], networks: ['127.0.0.2/32'], proxies };
  assert.deepEqual(await (await setting.open({}, { isPublic, settings })).fetchBlob(describe(blob)), blob);
});

test('a registry is asked by the proxy of the environment, and leads inside no more than without one', async () => {
  await using setting = await start();
  await using proxy = await startProxy(setting.registry.host);
  await using inside = await startRegistry();
  proxy.login = 'ann:p%40ss';
  const { registry, folder } = setting;
  const blob = randomBytes(100_000);
  registry.put(blob);
  const open = async (httpProxy: string) => {
    const settings = { plainHttp: ['registry.test'], networks: [], credentialsFile: join(folder, 'config.json') };
    return openRepository(
      { registry: 'registry.test', repository },
      {
        settings: { ...settings, proxies: { ...proxies, httpProxy } },
        signal: AbortSignal.timeout(60_000),
        pause: async () => {},
      },
    );
  };
  await using repo = await open(`http://ann:p%2540ss@${proxy.host}`);
  const at = (host: string) => `http://${host}/v2/team/iris/blobs/${digestOf(blob)}`;
  await repo.download(describe(blob), setting.file, quiet);
  assert.deepEqual(readFileSync(setting.file), blob);
  const leadTo = (host: string) =>
    times(1, { status: 307, headers: { location: at(host) } }, ({ method }) => method === 'GET');
  registry.fault = leadTo('storage.test'); // what nobody knows here the proxy may know
  assert.deepEqual(await repo.fetchBlob(describe(blob)), blob);
  assert.deepEqual(proxy.asked, ['registry.test', 'registry.test', 'storage.test']);
  for (const host of ['10.0.0.1', '169.254.169.254', '[fd00::1]:8080', inside.host]) {
    registry.fault = leadTo(host);
    await assert.rejects(repo.fetchBlob(describe(blob)), /it leads to an address that is not public/, host);
  }
  assert.ok(proxy.asked.slice(3).every((host) => host === 'registry.test') && inside.asked.length === 0);
  await using wrong = await open(`http://ann:wr0ng@${proxy.host}`);
  await assert.rejects(wrong.find('v1'), (error: Error) => {
    assert.match(
      error.message,
      /^registry\.test: the proxy 127\.0\.0\.1:\d+ answered 407 for registry\.test; correct HTTPS_PROXY/,
    );
    assert.doesNotMatch(error.message, /wr0ng/);
    return true;
  });
});

test('a registry with the certificate of an own authority is trusted where that is named, here and behind a proxy', async () => {
  await using registry = await startRegistry('127.0.0.1', { isEncrypted: true });
  await using proxy = await startProxy(registry.host);
  using stores = createHome();
  await stores.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'w'), 'w'));
  const run = async (place: string, env: Record<string, string>) => {
    const all = { BENTOML_HOME: stores.home, DOCKER_CONFIG: stores.home, NO_PROXY: '', ...env };
    await using running = bento(['models', 'push', 'iris:v1', `${place}/team/iris`], { env: all });
    return await running.finished;
  };
  const refused = await run(registry.host, {});
  assert.equal(refused.end, 1);
  assert.match(refused.stderr, /its certificate is not trusted \(\w+\); let NODE_EXTRA_CA_CERTS name the file/);
  assert.equal(registry.asked.length, 0);
  const trusted = { NODE_EXTRA_CA_CERTS: certificateFile };
  assert.deepEqual((await run(registry.host, trusted)).stderr, '');
  const behind = await run('registry.test', { ...trusted, HTTPS_PROXY: `http://${proxy.host}` });
  assert.deepEqual([behind.end, behind.stderr], [0, '']);
  assert.equal(new Set(proxy.asked).has('registry.test:443'), true);
  const without = await run('registry.test', { ...trusted, HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: 'test' });
  assert.match(without.stderr, /registry\.test cannot be reached: (?:ENOTFOUND|EAI_AGAIN)/);
});

test('a registry inside may lead inside, also after it has led elsewhere', {
  skip: process.platform !== 'linux',
}, async () => {
  await using setting = await start();
  await using outside = await startRegistry('127.0.0.2');
  await using inside = await startRegistry('127.0.0.3');
  const [far, near] = [randomBytes(100), randomBytes(100)];
  outside.put(far);
  inside.put(near);
  setting.registry.fault = ({ path }) => {
    const [host, blob] = path.endsWith(digestOf(far)) ? [outside.host, far] : [inside.host, near];
    return { status: 307, headers: { location: `http://${host}/v2/x/blobs/${digestOf(blob)}` } };
  };
  const repo = await setting.open({}, { isPublic: (address) => address === '127.0.0.2' });
  for (const blob of [far, near, far]) assert.deepEqual(await repo.fetchBlob(describe(blob)), blob);
});

test('a blob is sent nowhere without encryption by a registry that has it, and to no address with a login', async () => {
  await using encrypted = await startRegistry('127.0.0.1', { isEncrypted: true });
  await using plain = await startRegistry();
  using stores = createHome();
  await stores.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'w'), 'w'));
  const push = async (registry: TestRegistry, location: string) => {
    registry.fault = ({ method }) => (method === 'POST' ? { status: 202, headers: { location } } : undefined);
    const env = { BENTOML_HOME: stores.home, DOCKER_CONFIG: stores.home, NODE_EXTRA_CA_CERTS: certificateFile };
    await using running = bento(['models', 'push', 'iris:v1', `${registry.host}/team/iris`], { env });
    return (await running.finished).stderr;
  };
  const place = `${plain.host}/v2/x/blobs/uploads/1`;
  assert.match(await push(encrypted, `http://${place}`), /: it leads from https to an address without it$/m);
  assert.match(await push(encrypted, `https://ann:secret@${place}`), /: it leads to something that is no address$/m);
  assert.deepEqual(plain.asked, []);
});

test('a registry that leads in a circle, or to what is no address, is left', async () => {
  await using setting = await start();
  const { registry } = setting;
  const repo = await setting.open();
  for (const [location, problem] of [
    ['/v2/again', /it leads on more than 5 times for the manifest of team\/iris:v1/],
    ['ftp://example.com/x', /it leads to something that is no address/],
    ['http://user:password@example.com/x', /it leads to something that is no address/],
    ['http://[', /it leads to something that is no address/],
  ] as const) {
    registry.fault = () => ({ status: 302, headers: { location } });
    await assert.rejects(repo.find('v1'), problem);
  }
});

test('a blob is sent again where the connection was lost', async () => {
  await using setting = await start();
  const { registry } = setting;
  const blob = randomBytes(1_000_000);
  registry.fault = times(2, { takes: 300_000 }, ({ method }) => method === 'PUT');
  const repo = await setting.open({ isWritten: true });
  assert.equal(await repo.sendBlob(sourceOf(blob)), 'sent');
  assert.deepEqual(registry.blobs.get(digestOf(blob)), blob);
});

test('a large blob is sent in pieces, and goes on behind what the registry has', async () => {
  await using setting = await start();
  const { registry } = setting;
  const blob = randomBytes(20_000_000);
  registry.fault = times(2, { takes: 6_000_000 }, ({ method }) => method === 'PATCH');
  const repo = await setting.open({ isWritten: true });
  const seen: number[] = [];
  assert.equal(await repo.sendBlob(sourceOf(blob), { onBytes: (bytes) => void seen.push(bytes) }), 'sent');
  assert.deepEqual(registry.blobs.get(digestOf(blob)), blob);
  assert.ok(registry.takeBytes() < 21_000_000, 'nothing was sent twice but for what was on the way');
  assert.equal(seen.at(-1), blob.length);
});

test('a registry that takes no pieces, or forgets them, gets the blob as a whole, or from the beginning', async () => {
  await using setting = await start();
  const { registry } = setting;
  const repo = await setting.open({ isWritten: true });
  const isPatch = ({ method }: Asked) => method === 'PATCH';
  for (const fault of [times(Infinity, { status: 405 }, isPatch), times(1, { status: 404 }, isPatch)]) {
    const blob = randomBytes(17_000_000);
    registry.fault = fault;
    assert.equal(await repo.sendBlob(sourceOf(blob)), 'sent');
    assert.deepEqual(registry.blobs.get(digestOf(blob)), blob);
  }
});

test('what a registry refuses of a blob or a manifest is told with its code', async () => {
  await using setting = await start();
  const repo = await setting.open({ isWritten: true });
  const lying = { ...sourceOf(Buffer.from('abc')), descriptor: describe(Buffer.from('abd')) };
  await assert.rejects(
    repo.sendBlob(lying),
    /it answered 400 for sending the blob sha256:[0-9a-f]+ to team\/iris, DIGEST_INVALID/,
  );
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: describe(Buffer.from('x')), layers: [] }));
  await assert.rejects(
    repo.sendManifest(manifest, 'x', 'v1'),
    /it answered 400 for writing the manifest of team\/iris:v1, MANIFEST_BLOB_UNKNOWN/,
  );
});

for (const [status, problem] of [
  [413, /blob sha256:[0-9a-f]+ to team\/iris.* \(413\): it is larger than the registry, or a proxy before it, takes/],
  [507, /blob sha256:[0-9a-f]+ to team\/iris.* \(507\): the registry has no room left/],
] as const) {
  test(`a registry that answers ${status} to a blob is asked once, and it is said what that means`, async () => {
    await using setting = await start();
    const { registry } = setting;
    const repo = await setting.open({ isWritten: true });
    for (const [size, way] of [
      [1000, 'PUT'],
      [17_000_000, 'PATCH'],
    ] as const) {
      registry.asked.length = 0;
      registry.fault = ({ method }) => (method === way ? { status } : undefined);
      await assert.rejects(repo.sendBlob(sourceOf(randomBytes(size))), { code: 'REGISTRY_FAILED', message: problem });
      assert.equal(registry.asked.filter(({ method }) => method === way).length, 1);
    }
    assert.deepEqual(setting.pauses, []);
  });
}

for (const knowsReferrers of [true, false]) {
  test(`what is attached to a manifest is found again, where the registry ${knowsReferrers ? 'lists it' : 'does not'}`, async () => {
    await using setting = await start();
    const { registry } = setting;
    registry.knowsReferrers = knowsReferrers;
    const repo = await setting.open({ isWritten: true });
    const config = Buffer.from('{}');
    await repo.sendBlob(sourceOf(config));
    const own = { schemaVersion: 2, config: describe(config), layers: [] };
    const { manifest: mediaType } = mediaTypes.manifests;
    const subject = await repo.sendManifest(Buffer.from(JSON.stringify(own)), mediaType, 'v1');
    const attached: string[] = [];
    for (const artifactType of ['a/sbom', 'a/sbom', 'a/other']) {
      const bytes = Buffer.from(
        JSON.stringify({ ...own, artifactType, subject, annotations: { at: String(attached.length) } }),
      );
      attached.push((await repo.attach(bytes, mediaType, subject, artifactType)).digest);
    }
    const list = knowsReferrers
      ? await (await fetch(`http://${registry.host}/v2/${repository}/referrers/${subject.digest}`)).text()
      : (await repo.fetchManifest(subject.digest.replace(':', '-'))).bytes.toString('utf8');
    const found = (JSON.parse(list).manifests as Descriptor[]).map(({ digest, artifactType }) => [
      digest,
      artifactType,
    ]);
    const expected = attached.map((digest, index) => [digest, index < 2 ? 'a/sbom' : 'a/other']);
    assert.deepEqual(found.sort(), expected.sort());
    assert.equal(registry.manifests.has(`${repository}/${subject.digest.replace(':', '-')}`), !knowsReferrers);
  });
}
