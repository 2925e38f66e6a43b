/** What the server says of itself: the OpenAPI document, the page for people, and the command that prints the document. */
import assert from 'node:assert/strict';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from 'bentots/serve';
import { freePort } from '../bench/free-port.ts';
import { bento, urlIn } from './bento.ts';
import { dial, fixture, readAll, type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

let everyday: Started;
before(async () => {
  everyday = await start('everyday');
});
after(() => everyday[Symbol.asyncDispose]());

const get = (path: string, init?: RequestInit) => fetch(`${everyday.url}${path}`, init);

/** Asks for a path exactly as it is written, which `fetch` would tidy up. */
async function getRaw(path: string, method = 'GET'): Promise<{ status: number; head: string; body: string }> {
  const socket = await dial(everyday.url);
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const [head = '', body = ''] = (await readAll(socket)).split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), head, body };
}

test('/docs.json is the OpenAPI document that the command prints, and the one that it writes', async () => {
  const response = await get('/docs.json');
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/json']);
  const served = (await response.json()) as { openapi: string };
  assert.equal(served.openapi, '3.1.0');
  await using printing = bento(['openapi', fixture('everyday')]);
  const printed = await printing.finished;
  assert.deepEqual([printed.end, printed.stderr], [0, '']);
  assert.deepEqual(JSON.parse(printed.stdout), served);
  assert.equal(printed.stdout, `${JSON.stringify(served, null, 2)}\n`, 'in the same order');

  using written = writeFiles({ 'openapi.json': 'what was there before' });
  await using writing = bento(['openapi', fixture('everyday'), '-o', written.file]);
  const { end, stdout, stderr } = await writing.finished;
  assert.deepEqual([end, stdout, stderr], [0, '', `wrote the OpenAPI document of Everyday to ${written.file}\n`]);
  assert.equal(readFileSync(written.file, 'utf8'), printed.stdout);
  assert.deepEqual(readdirSync(written.folder), ['openapi.json'], 'nothing else is left behind');
});

test('the command refuses what cannot be written, and leaves nothing behind', async () => {
  using written = writeFiles({ 'service.ts': '' });
  for (const [output, wanted] of [
    [join(written.folder, 'nowhere/openapi.json'), 'a file in a folder that exists and can be written'],
    [written.folder, 'a plain file'],
  ] as const) {
    await using command = bento(['openapi', fixture('everyday'), '--output', output]);
    const { end, stderr } = await command.finished;
    assert.equal(end, 1);
    assert.equal(stderr.split('\n')[0], `bento: bento openapi: --output is ${output}, but must be ${wanted}`);
  }
  assert.deepEqual(readdirSync(written.folder), ['service.ts']);
});

test('while the service starts there is the page but no document, and POST / may still become a method', async () => {
  const port = await freePort();
  await using command = bento(['serve', fixture('slow-start'), '--port', String(port)]);
  await command.logs('slow-start: waiting');
  const statusOf = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual(
    [await statusOf('/'), await statusOf('/docs.json'), await statusOf('/', 'POST'), await statusOf('/livez', 'POST')],
    [200, 503, 503, 405],
  );
});

test('a method whose route is / is called by POST, and GET is the page', async () => {
  using written = writeFiles({
    'service.ts': `import { api, service } from 'bentots';
@service()
export class Root {
  @api({ route: '/' }) root(): string { return 'the root'; }
}`,
  });
  await using server = await serve(written.file, { port: 0, logTo: { write() {} } });
  const called = await fetch(`${server.url}/`, { method: 'POST' });
  assert.deepEqual([called.status, await called.text()], [200, 'the root']);
  const page = await fetch(`${server.url}/`);
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
  assert.match(await page.text(), /swagger-ui/);
  const other = await fetch(`${server.url}/`, { method: 'PUT' });
  await other.body?.cancel();
  assert.deepEqual([other.status, other.headers.get('allow')], [405, 'GET, HEAD, POST']);
  const document = (await (await fetch(`${server.url}/docs.json`)).json()) as { paths: Record<string, object> };
  assert.deepEqual(Object.keys(document.paths['/'] ?? {}), ['post']);
});

test('what bentots says of its own types to authors is not said to callers', async () => {
  using written = writeFiles({
    'service.ts': `import { api, service, type Tensor } from 'bentots';
@service()
export class Means {
  /** @param values What to average. */
  @api() mean(values: Tensor<'float32', [2]>, others: Tensor<'float32', [2]>): number {
    return values.data.length + others.data.length;
  }
}`,
  });
  await using command = bento(['schema', written.file]);
  const { apis } = JSON.parse((await command.finished).stdout) as { apis: [{ input: { properties: object } }] };
  const words = Object.values(apis[0].input.properties).map(({ description, examples }) => [description, examples]);
  assert.deepEqual(words, [
    ['What to average.', undefined],
    [undefined, undefined],
  ]);
});

test('without such a method POST / is refused', async () => {
  const response = await get('/', { method: 'POST' });
  await response.body?.cancel();
  assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
});

test('the page runs no script and loads nothing but what this server gives, by relative addresses', async () => {
  const response = await get('/');
  const html = await response.text();
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; script-src 'self'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.doesNotMatch(html, /<script(?![^>]* src=)|\son\w+=|style=|<style/);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
  assert.ok(addresses.length >= 6);
  for (const address of addresses) {
    assert.ok(address.startsWith('./'), address);
    const asset = await get(address.slice(1));
    await asset.body?.cancel();
    assert.equal(asset.status, 200, address);
  }
});

for (const [file, mediaType] of [
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['index.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['favicon-16x16.png', 'image/png'],
  ['favicon-32x32.png', 'image/png'],
] as const) {
  test(`/static_content/${file} is the file of the package, as ${mediaType}`, async () => {
    const response = await get(`/static_content/${file}`);
    assert.deepEqual(
      [response.status, response.headers.get('content-type'), response.headers.get('x-content-type-options')],
      [200, mediaType, 'nosniff'],
    );
    const installed = readFileSync(join(root, 'node_modules/@fastify/swagger-ui/static', file));
    assert.ok(installed.equals(Buffer.from(await response.arrayBuffer())));
  });
}

test('the script that starts the page asks this server for the document and nobody for a validation', async () => {
  const response = await get('/static_content/swagger-initializer.js');
  assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
  const script = await response.text();
  assert.match(script, /url: '\.\/docs\.json'/);
  assert.match(script, /validatorUrl: null/);
});

for (const path of [
  '/static_content/../package.json',
  '/static_content/%2e%2e/package.json',
  '/static_content/..%2fpackage.json',
  '/static_content/..%5cpackage.json',
  '/static_content/%2e%2e%2f%2e%2e%2fpackage.json',
  '/static_content/swagger-ui.css/../package.json',
  '/static_content/./package.json',
  '/static_content//etc/passwd',
  '/static_content/package.json',
  '/static_content/swagger-ui.js',
  '/static_content/swagger-ui.css%00',
  '/static_content/swagger-ui.css/',
  '/static_content/',
  '/static_content',
  '/static_content/__proto__',
  '/static_content/constructor',
]) {
  for (const method of ['GET', 'HEAD']) {
    test(`${method} ${path} is no file of the page`, async () => {
      const { status, body } = await getRaw(path, method);
      assert.equal(status, 404);
      assert.equal(body === '' ? 'NOT_FOUND' : (JSON.parse(body) as { code: string }).code, 'NOT_FOUND');
      assert.equal(body === '', method === 'HEAD');
    });
  }
}

for (const path of ['/', '/docs.json', '/static_content/swagger-ui-bundle.js']) {
  test(`HEAD ${path} has the headers of GET and no body`, async () => {
    const [head, full] = [await get(path, { method: 'HEAD' }), await get(path)];
    const body = await full.arrayBuffer();
    assert.equal(head.status, 200);
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control']) {
      assert.equal(head.headers.get(name), full.headers.get(name), name);
    }
    assert.equal(head.headers.get('content-length'), String(body.byteLength));
    assert.equal(await head.text(), '');
  });

  test(`${path} is not sent again to who has it`, async () => {
    const first = await get(path);
    await first.arrayBuffer();
    const etag = first.headers.get('etag') ?? '';
    assert.match(etag, /^"[\w-]{43}"$/);
    assert.equal(first.headers.get('cache-control'), 'no-cache');
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { headers: { 'if-none-match': known } });
      assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, etag, ''], known);
      assert.equal(again.headers.get('content-type'), null);
    }
    const changed = await get(path, { headers: { 'if-none-match': '"other"' } });
    await changed.arrayBuffer();
    assert.equal(changed.status, 200);
  });
}

test('without the package of the page / says what to do, and all else is served', async () => {
  await using pruned = await serveWithout('@fastify/swagger-ui');
  for (const path of ['/', '/static_content/swagger-ui.css']) {
    const response = await fetch(`${pruned.url}${path}`);
    const { code, error } = (await response.json()) as { code: string; error: string };
    assert.deepEqual([response.status, code], [404, 'NOT_FOUND'], path);
    assert.match(error, /install the npm package @fastify\/swagger-ui/);
  }
  for (const path of ['/docs.json', '/schema.json', '/readyz']) {
    const response = await fetch(`${pruned.url}${path}`);
    await response.body?.cancel();
    assert.equal(response.status, 200, path);
  }
  const called = await fetch(`${pruned.url}/hello`, { method: 'POST', body: '{"name":"Ada"}' });
  assert.equal(await called.text(), 'Hello, Ada!');
});

/** Serves examples/hello with a copy of what we publish, installed with all of its dependencies but one. */
async function serveWithout(dependency: string): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-pruned-'));
  const modules = join(folder, 'node_modules');
  const copy = join(modules, 'bentots');
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(root, part), join(copy, part), { recursive: true });
  for (const path of globSync(['[!.@]*', '@*/*'], { cwd: join(root, 'node_modules') })) {
    if (path === dependency || basename(path) === 'bentots') continue;
    mkdirSync(join(modules, path, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', path), join(modules, path));
  }
  writeFileSync(join(folder, 'service.ts'), readFileSync(join(root, 'examples/hello/service.ts')));
  const command = bento(['serve', folder, '--port', '0'], { program: join(copy, 'bin/bento.js') });
  return {
    url: urlIn(await command.says('Ctrl-C')),
    async [Symbol.asyncDispose]() {
      await command[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
