/** Models of a hub, through the real library, from a server that speaks as the hub does. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { huggingFace, type ModelPlace, type ModelProgress } from 'bentots';
import { fetchSnapshot } from '../src/store/hub/fetch-snapshot.ts';
import { sha256, startHub, type TestHub } from './hub.ts';
import { start } from './start.ts';
import { writeFiles } from './write-service.ts';

const weights = Buffer.alloc(300_000, 'weights of a model ');
const files = {
  'config.json': '{"a":1}',
  'onnx/model.onnx': weights,
  'README.md': '# tiny',
  'empty.txt': '',
  'a b#c?.txt': 'odd',
};
const large = ['onnx/model.onnx'];
const variables = ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE', 'HF_TOKEN_PATH'] as const;
const place = { folder: tmpdir() };

let hub: TestHub;
let cache = '';
let commit = '';
before(async () => {
  hub = await startHub();
});
after(() => hub[Symbol.asyncDispose]());
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'bentots-hub-'));
  Object.assign(process.env, { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, HF_TOKEN_PATH: join(cache, 'token') });
  commit = hub.put('org/tiny', files, large);
  hub.fault = () => undefined;
  hub.listing = (entries) => entries;
  hub.requests.length = 0;
});
afterEach(() => {
  for (const name of variables) delete process.env[name];
  rmSync(cache, { recursive: true, force: true });
});

const isFile = ({ path }: { readonly path: string }) => path.includes('/resolve/');
/** Without the differences, for which assert would need minutes. */
const hasBytes = (file: string, content: Buffer | string) => readFileSync(file).equals(Buffer.from(content));
const noPause = { pause: () => Promise.resolve() };
/** As `huggingFace(…).resolve`, without the time between two tries. */
const fetchAtOnce = (model: object = {}, more: object = {}) =>
  fetchSnapshot({ modelId: 'org/tiny', revision: 'main', ...model }, { ...noPause, ...more });

test('a model is fetched into the cache as Hugging Face lays it out, and found there again', async () => {
  const ref = huggingFace('org/tiny');
  assert.equal(ref.find(place), undefined);
  const folder = await ref.resolve(place);
  assert.equal(folder, join(cache, 'models--org--tiny/snapshots', commit));
  for (const [name, content] of Object.entries(files)) assert.ok(hasBytes(join(folder, name), content), name);
  assert.equal(readFileSync(join(cache, 'models--org--tiny/refs/main'), 'utf8'), commit);
  assert.equal(readlinkSync(join(folder, 'onnx/model.onnx')), join('../../../blobs', sha256(weights)));
  assert.deepEqual(
    readdirSync(join(cache, 'models--org--tiny/blobs')).filter((name) => name.includes('.')),
    [],
  );
  assert.equal(ref.find(place), folder);
  hub.requests.length = 0;
  assert.equal(await ref.resolve(place), folder);
  assert.deepEqual(
    hub.requests.map(({ path }) => path),
    ['/api/models/org/tiny/revision/main'],
  );
});

test('a commit that is there is served without asking anybody', async () => {
  const ref = huggingFace('org/tiny', { revision: commit });
  const folder = await ref.resolve(place);
  hub.requests.length = 0;
  assert.equal(await ref.resolve(place), folder);
  assert.deepEqual(hub.requests, []);
});

test('only the files that are wanted are fetched', async () => {
  const folder = await huggingFace('org/tiny', { include: ['*.json', 'onnx/'], exclude: ['*.md'] }).resolve(place);
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), ['config.json', 'onnx', 'onnx/model.onnx']);
  const more = await huggingFace('org/tiny', { include: ['README*'] }).resolve(place);
  assert.equal(more, folder);
  assert.ok(existsSync(join(folder, 'README.md')));
  await assert.rejects(huggingFace('org/tiny', { include: ['*.bin'] }).resolve(place), {
    message:
      /^no file of org\/tiny fits include and exclude; it has README\.md, a b#c\?\.txt, config\.json, empty\.txt, onnx\/model\.onnx$/,
  });
});

test('pinned, it is the commit that the branch means, and stays it when the branch moves', async () => {
  const pinned = await huggingFace('org/tiny', { include: ['*.json'] }).pin?.(place);
  assert.deepEqual(pinned, {
    kind: 'huggingFace', modelId: 'org/tiny', revision: commit, include: ['*.json'], lastModified: '2024-05-01T10:00:00.000Z',
  }); // biome-ignore format: a table reads as a table
  const next = hub.put('org/tiny', { 'config.json': 'other' });
  const folder = await huggingFace('any/other')
    .fromInfo(JSON.parse(JSON.stringify(pinned)))
    .resolve(place);
  assert.equal(readFileSync(join(folder, 'config.json'), 'utf8'), '{"a":1}');
  assert.ok((await huggingFace('org/tiny').resolve(place)).endsWith(next));
});

test('a download that was cut goes on where it stopped', async () => {
  const cuts = [100_000, 50_000];
  hub.fault = ({ host }) => {
    const cutAfter = host === 'cdn' ? cuts.shift() : undefined;
    return cutAfter === undefined ? undefined : { cutAfter };
  };
  const folder = await fetchAtOnce({ include: ['onnx/*'] });
  assert.ok(hasBytes(join(folder, 'onnx/model.onnx'), weights));
  const ranges = hub.requests
    .filter(({ host }) => host === 'cdn')
    .map(({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0));
  assert.equal(ranges.length, 3);
  assert.ok(ranges[0] === 0 && (ranges[1] ?? 0) > 0 && (ranges[2] ?? 0) > (ranges[1] ?? 0), ranges.join());
});

/** The large file is cut, and the hub does not know it any more when it is asked for the rest. */
const cutOnce = () => {
  hub.requests.length = 0;
  hub.fault = ({ host }) => {
    if (host === 'cdn') return { cutAfter: 100_000 };
    return hub.requests.filter(isFile).length > 1 ? { status: 404 } : undefined;
  };
};

test('what an earlier start left is used, also where the hub knows no ranges, or the rest was broken on the disk', async () => {
  const wanted = { include: ['onnx/*'] };
  const part = join(cache, 'models--org--tiny/blobs', `${sha256(weights)}.part`);
  cutOnce();
  await assert.rejects(fetchAtOnce(wanted), /there is no org\/tiny .* \(404\)/);
  const left = lstatSync(part).size;
  assert.ok(left > 0 && left < weights.byteLength);
  hub.fault = () => ({ ignoresRange: true });
  hub.requests.length = 0;
  assert.ok(hasBytes(join(await fetchAtOnce(wanted), 'onnx/model.onnx'), weights));
  assert.equal(hub.requests.find(({ host }) => host === 'cdn')?.range, `bytes=${left}-${weights.byteLength - 1}`);

  rmSync(join(cache, 'models--org--tiny'), { recursive: true });
  cutOnce();
  await assert.rejects(fetchAtOnce(wanted));
  writeFileSync(part, Buffer.alloc(lstatSync(part).size, 'x'));
  hub.fault = () => undefined;
  assert.ok(hasBytes(join(await fetchAtOnce(wanted), 'onnx/model.onnx'), weights));
});

test('an address of the CDN that has run out is asked for again', async () => {
  const faults = [{ status: 403 }];
  hub.fault = ({ host }) => (host === 'cdn' ? faults.shift() : undefined);
  assert.ok(hasBytes(join(await fetchAtOnce(), 'onnx/model.onnx'), weights));
});

for (const [what, path, fault, message] of [
  [
    'a body that just ends',
    'onnx/model.onnx',
    { cutAfter: 10, endsWell: true },
    /sent \d+ of the 300000 bytes of onnx\/model\.onnx$/,
  ],
  [
    'another large file',
    'onnx/model.onnx',
    { content: Buffer.alloc(300_000, 'y') },
    /sends another onnx\/model\.onnx .* checksum/,
  ],
  ['another small file', 'config.json', { content: Buffer.from('{"a":2}') }, /sends another config\.json .* checksum/],
  [
    'a file without end',
    'config.json',
    { content: Buffer.alloc(100_000) },
    /sends more of config\.json than the 7 bytes/,
  ],
  [
    'a server in trouble',
    'config.json',
    { status: 500 },
    /answered 500 for \/org\/tiny\/resolve\/.*; try again later$/,
  ],
] as const) {
  test(`${what} is tried again, then refused, and nothing of it is shown`, async () => {
    hub.fault = (request) => (isFile(request) || request.host === 'cdn' ? fault : undefined);
    await assert.rejects(fetchAtOnce({ include: [path] }), { message });
    assert.ok(hub.requests.filter(isFile).length >= (what === 'a file without end' ? 1 : 2));
    assert.equal(existsSync(join(cache, 'models--org--tiny/snapshots', commit, path)), false);
    hub.fault = () => undefined;
    assert.ok(existsSync(join(await fetchAtOnce({ include: [path] }), path)));
  });
}

test('a hub that is in trouble for a moment is asked again, and one that wants a pause gets it', async () => {
  const faults = [
    { status: 503 },
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 429, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } },
  ];
  hub.fault = () => faults.shift();
  const pauses: number[] = [];
  await fetchAtOnce({ include: ['config.json'] }, { pause: async (ms: number) => void pauses.push(ms) });
  assert.equal(pauses.length, 3);
  assert.ok(
    (pauses[0] ?? 0) < 1000 && pauses[1] === 7000 && Math.abs((pauses[2] ?? 0) - 60_000) < 10_000,
    pauses.join(),
  );
});

test('a pause of hours is not waited for', async () => {
  hub.fault = () => ({ status: 429, headers: { 'retry-after': '7200' } });
  await assert.rejects(huggingFace('org/tiny').resolve(place), {
    message: /too many requests \(429\) and asks to wait 7200 s/,
  });
});

for (const [status, code, message] of [
  [
    401,
    'RepoNotFound',
    /does not show org\/tiny \(401\): it is private or gated, or there is none of that name; set HF_TOKEN/,
  ],
  [403, 'GatedRepo', /org\/tiny is gated \(403\): ask for access at http:.*\/org\/tiny; set HF_TOKEN/],
  [404, 'RepoNotFound', /^there is no org\/tiny at http:/],
  [404, 'RevisionNotFound', /^org\/tiny at http:.* has no revision main; correct it$/],
] as const) {
  test(`${status} ${code} is said once, with what to do`, async () => {
    hub.fault = () => ({ status, headers: { 'x-error-code': code } });
    await assert.rejects(huggingFace('org/tiny').resolve(place), { message });
    assert.equal(hub.requests.length, 1);
  });
}

test('the token goes to the hub, and not to where the hub redirects', async () => {
  process.env.HF_TOKEN = 'not-even-hf_secret';
  await huggingFace('org/tiny').resolve(place);
  const seen = (host: string) =>
    new Set(hub.requests.filter((one) => one.host === host).map(({ authorization }) => authorization));
  assert.deepEqual([...seen('hub')], ['Bearer not-even-hf_secret']);
  assert.deepEqual([...seen('cdn')], [undefined]);
});

test('the token goes to no hub that only the code names, nor to one that a listing leads to', async () => {
  process.env.HF_TOKEN = 'hf_secret';
  process.env.HF_ENDPOINT = hub.cdnUrl;
  await huggingFace('org/tiny', { endpoint: hub.url }).resolve(place);
  assert.deepEqual(new Set(hub.requests.map(({ authorization }) => authorization)), new Set([undefined]));
  hub.fault = () => ({ status: 401 });
  await assert.rejects(huggingFace('org/new', { endpoint: hub.url }).resolve(place), {
    message: new RegExp(`HF_TOKEN is sent to ${hub.cdnUrl} only; let HF_ENDPOINT name ${hub.url}`),
  });
});

test('the token is read from its file, and no message has it', async () => {
  writeFileSync(join(cache, 'token'), 'hf_filed\n');
  hub.fault = ({ authorization }) => ({ status: authorization === 'Bearer hf_filed' ? 403 : 500 });
  await assert.rejects(
    huggingFace('org/tiny').resolve(place),
    (error: Error) => /may not read it/.test(error.message) && !error.message.includes('hf_filed'),
  );
  process.env.HF_TOKEN = 'hf_sec\nret';
  await assert.rejects(huggingFace('org/tiny').resolve(place), (error: Error) => {
    assert.match(error.message, /characters that no token has/);
    return !`${error.stack}${String(error.cause)}`.includes('ret\n') && !error.message.includes('hf_sec');
  });
});

test('offline the cache has to do, and what is missing is said', async () => {
  process.env.HF_HUB_OFFLINE = '1';
  await assert.rejects(huggingFace('org/tiny').resolve(place), {
    message: /^org\/tiny is not whole in .*: nothing says what main is, and HF_HUB_OFFLINE forbids to fetch it/,
  });
  process.env.HF_HUB_OFFLINE = '0';
  const folder = await huggingFace('org/tiny', { include: ['*.json'] }).resolve(place);
  process.env.HF_HUB_OFFLINE = 'yes';
  hub.requests.length = 0;
  assert.equal(await huggingFace('org/tiny', { include: ['*.json'] }).resolve(place), folder);
  assert.equal((await huggingFace('org/tiny').pin?.(place))?.revision, commit);
  await assert.rejects(huggingFace('org/tiny').resolve(place), {
    message: /README\.md is missing, and HF_HUB_OFFLINE/,
  });
  assert.deepEqual(hub.requests, []);
  rmSync(join(cache, 'models--org--tiny/.bentots'), { recursive: true }); // as fetched by Python
  assert.equal(await huggingFace('org/tiny').resolve(place), folder);
});

test('while the hub is away what is whole in the cache is served, with a warning', async () => {
  const folder = await fetchAtOnce();
  hub.fault = () => ({ status: 502 });
  const warnings: string[] = [];
  assert.equal(await fetchAtOnce({}, { onWarning: (message: string) => warnings.push(message) }), folder);
  assert.match(warnings.join(), /answered 502 .*; org\/tiny is served as it was at [0-9a-f]{40}, which is here/);
  rmSync(join(folder, 'config.json'));
  await assert.rejects(fetchAtOnce(), /answered 502/);
});

for (const path of [
  '../evil',
  'a/../../evil',
  '/etc/evil',
  'a//b',
  './a',
  'a\\..\\evil',
  'C:\\evil',
  'C:evil',
  'a\0b',
  'a\nb',
  '',
  `${'x/'.repeat(40)}x`,
]) {
  test(`a file that is listed as ${JSON.stringify(path).slice(0, 40)} is refused, and nothing is fetched`, async () => {
    hub.listing = (entries) => [...entries, { ...entries[0], path }];
    await assert.rejects(huggingFace('org/tiny').resolve(place), {
      message: /^the hub lists the file .*; nothing was fetched$/s,
    });
    assert.deepEqual(hub.requests.filter(isFile), []);
  });
}

for (const [what, listing, message] of [
  [
    'a checksum that is a path',
    [{ type: 'file', path: 'a', size: 1, oid: '../../evil' }],
    /without its size or its checksum/,
  ],
  [
    'a size below nothing',
    [{ type: 'file', path: 'a', size: -1, oid: 'a'.repeat(40) }],
    /without its size or its checksum/,
  ],
  ['a file twice', [1, 2].map(() => ({ type: 'file', path: 'a', size: 1, oid: 'a'.repeat(40) })), /twice/],
  [
    'a file that is a folder',
    ['a', 'a/b'].map((path) => ({ type: 'file', path, size: 1, oid: 'a'.repeat(40) })),
    /as a file and as a folder/,
  ],
  ['no list', { error: 'odd' }, /does not answer as a hub does/],
  ['entries that are none', [null], /does not answer as a hub does/],
] as const) {
  test(`a listing with ${what} is refused`, async () => {
    hub.listing = () => listing;
    await assert.rejects(huggingFace('org/tiny').resolve(place), { message });
    assert.deepEqual(
      readdirSync(cache, { recursive: true }).filter((name) => String(name).includes('evil')),
      [],
    );
  });
}

for (const id of [
  '',
  'a/b/c',
  '../x',
  'org/..',
  'a--b/c',
  'org/x.',
  '/x',
  'org/',
  'a b/c',
  'org/x?y',
  'datasets/../x/y',
]) {
  test(`${JSON.stringify(id)} is no name of a model`, () => assert.throws(() => huggingFace(id), TypeError));
}

for (const options of [
  { revision: '../x' },
  { revision: '' },
  { revision: '/x' },
  { revision: '-x' },
  { include: '*.json' },
  { exclude: [5] },
  { endpoint: 'file:///x' },
  { endpoint: 'https://me:secret@hub' },
]) {
  test(`${JSON.stringify(options)} is refused`, () =>
    assert.throws(() => huggingFace('org/tiny', options as never), TypeError));
}

test('several that want the same at once share one download', async () => {
  const folders = await Promise.all(Array.from({ length: 4 }, () => huggingFace('org/tiny').resolve(place)));
  assert.equal(new Set(folders).size, 1);
  assert.equal(hub.requests.filter(({ host }) => host === 'cdn').length, 1);
});

/** Another process that fetches the model; `says` resolves with what it has printed once that fits. */
function fetchElsewhere() {
  const program = fileURLToPath(new URL('./fixtures/fetch-model.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@bentots/source', program, 'org/tiny'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = once(child, 'close');
  return {
    async says(words: RegExp): Promise<string> {
      while (!words.test(text)) {
        const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]);
        if (isOver && !words.test(text)) throw new Error(`it ended, and said: ${text}`);
      }
      return text;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('what a process that was killed left of a download is used by the next one', async () => {
  hub.fault = ({ host }) => (host === 'cdn' ? { stallAfter: 100_000 } : undefined);
  {
    await using killed = fetchElsewhere();
    await killed.says(/bytes [1-9]\d{4}/);
  }
  hub.fault = () => undefined;
  hub.requests.length = 0;
  const folder = await huggingFace('org/tiny').resolve(place);
  assert.ok(hasBytes(join(folder, 'onnx/model.onnx'), weights));
  assert.match(String(hub.requests.find(({ host }) => host === 'cdn')?.range), /^bytes=[1-9]/);
  assert.deepEqual(
    readdirSync(join(cache, 'models--org--tiny/blobs')).filter((name) => name.includes('.')),
    [],
  );
});

test('processes that fetch the same at once have it whole, and wait for each other', async () => {
  await using first = fetchElsewhere();
  await using second = fetchElsewhere();
  const said = await Promise.all([first.says(/folder .*\n/), second.says(/folder .*\n/)]);
  for (const text of said) {
    const folder = /folder (.*)\n/.exec(text)?.[1] ?? '';
    for (const [name, content] of Object.entries(files)) assert.ok(hasBytes(join(folder, name), content), name);
  }
  assert.deepEqual(
    readdirSync(join(cache, 'models--org--tiny/blobs')).filter((name) => name.includes('.')),
    [],
  );
});

test('a start that is given up ends the download, and the next one goes on', async () => {
  hub.fault = ({ host }) => (host === 'cdn' ? { stallAfter: 100_000 } : undefined);
  const controller = new AbortController();
  const begun = Promise.withResolvers<void>();
  const onProgress = ({ bytes }: ModelProgress) => (bytes > 50_000 ? begun.resolve() : undefined);
  const given: ModelPlace = { ...place, signal: controller.signal, onProgress };
  const resolved = huggingFace('org/tiny', { include: ['onnx/*'] }).resolve(given);
  resolved.catch(() => {});
  await begun.promise;
  controller.abort(new Error('given up'));
  await assert.rejects(resolved, /given up/);
  hub.fault = () => undefined;
  hub.requests.length = 0;
  await huggingFace('org/tiny', { include: ['onnx/*'] }).resolve(place);
  assert.match(String(hub.requests.find(({ host }) => host === 'cdn')?.range), /^bytes=[1-9]/);
});

test('progress counts all files together, and ends with all of them', async () => {
  const seen: ModelProgress[] = [];
  await huggingFace('org/tiny').resolve({ ...place, onProgress: (progress) => seen.push(progress) });
  const totalBytes = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  assert.deepEqual(seen.at(-1), { what: 'org/tiny', bytes: totalBytes, totalBytes });
});

test('a service gets the folder, and what is missing stops its start', async () => {
  using written = writeFiles({
    'service.ts': `import { readFileSync } from 'node:fs';
import { api, huggingFace, model, service } from 'bentots';
@service({ workers: 2 })
export class Tiny {
  @model(huggingFace('org/tiny', { include: ['*.json'] })) folder!: string;
  @api() config(): string { return readFileSync(this.folder + '/config.json', 'utf8'); }
}
`,
  });
  await using started = await start(written.file);
  assert.equal(await (await started.post('/config', {})).text(), '{"a":1}');
  assert.equal(hub.requests.filter(isFile).length, 1);
  hub.fault = () => ({ status: 403 });
  await assert.rejects(start(written.file), {
    code: 'MODEL_MISSING',
    message: /^the model of Tiny\.folder is missing: org\/tiny is gated/,
  });
});
