import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bento, urlIn } from './bento.ts';
import { createNote, fixture } from './start.ts';
import { writeFiles } from './write-service.ts';

const hello = fileURLToPath(new URL('../examples/hello', import.meta.url));

/** Runs `bento` to its end, expecting failure, and gives the one line that it says. */
async function complaint(
  args: readonly string[],
  cwd?: string,
): Promise<{ line: string; lines: string[]; end: unknown }> {
  await using command = bento(args, cwd === undefined ? {} : { cwd });
  const { end, stderr } = await command.finished;
  const lines = stderr.trimEnd().split('\n');
  return { line: lines[0] ?? '', lines, end };
}

const service = (body: string, more = '') =>
  `import { api, service, onStartup, model, localFolder, npmPackage } from 'bentots';\n${more}@service()\nexport class Broken {\n${body}\n}\n`;

test('a file, a file with a class, and a folder are all targets', async () => {
  using written = writeFiles({ 'service.ts': service("  @api() ping(): string { return 'pong'; }") });
  for (const target of [written.file, `${written.file}:Broken`, written.folder]) {
    await using command = bento(['serve', target, '--port', '0']);
    const response = await fetch(`${urlIn(await command.says('Ctrl-C'))}/ping`, { method: 'POST' });
    assert.equal(await response.text(), 'pong');
  }
});

test('the start-up log says what is served where, and how long it took', async () => {
  await using command = bento(['serve', hello, '--port', '0']);
  const text = await command.says('Ctrl-C');
  assert.match(text, /^Hello is served at http:\/\/127\.0\.0\.1:\d+, ready in \d+ ms\n/);
  assert.match(text, / {2}POST \/hello {2}\(name: string, greeting\?: string\) → string\n/);
  assert.match(text, / {2}POST \/countDown {2}\(from\?: number\) → stream of number\n/);
});

test('a port that is taken is named, with what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { line, end } = await complaint(['serve', hello, '--port', String(port)]);
  taken.close();
  assert.equal(end, 1);
  assert.equal(
    line,
    `bento: cannot listen on 127.0.0.1:${port}: the port is taken by another program; choose another one with --port, or 0 for any`,
  );
});

test('a folder without a service says where it looked', async () => {
  using written = writeFiles({ 'notes.txt': '' });
  const { line, end } = await complaint(['serve'], written.folder);
  assert.equal(end, 1);
  assert.match(line, /^bento: no service found in .*; name the file, as in: bento serve path\/to\/service\.ts/);
});

test('a file that does not exist is named', async () => {
  const { line, end } = await complaint(['serve', 'nowhere.ts']);
  assert.equal(end, 1);
  assert.match(line, /^bento: nowhere\.ts: there is no file or folder .*nowhere\.ts; check the path$/);
});

test('a file without a service class says how to make one', async () => {
  using written = writeFiles({ 'service.ts': 'export class Plain {}\n' });
  const { line, end } = await complaint(['serve', written.file]);
  assert.equal(end, 1);
  assert.match(line, /^bento: no service found in .*service\.ts; put @service\(\) on a class and export it$/);
});

test('of several services one has to be named', async () => {
  const one = (name: string) => `@service() export class ${name} { @api() ping(): number { return 1; } }\n`;
  using written = writeFiles({
    'service.ts': `import { api, service } from 'bentots';\n${one('First')}${one('Second')}`,
  });
  const { line, end } = await complaint(['serve', written.file]);
  assert.equal(end, 1);
  assert.match(line, /service\.ts has several services: First, Second; choose one, for example .*service\.ts:First$/);
  const wrong = await complaint(['serve', `${written.file}:Third`]);
  assert.match(wrong.line, /it has First, Second, not Third$/);
});

test('a syntax error is told with file and line', async () => {
  using written = writeFiles({ 'service.ts': 'export class Broken {\n  oops(\n}\n' });
  const { line, end } = await complaint(['serve', written.file]);
  assert.equal(end, 1);
  assert.match(line, /^bento: .*service\.ts could not be loaded: .*service\.ts:\d+:\d+: /);
});

test('an import that is not there is told', async () => {
  using written = writeFiles({
    'service.ts': `import 'not-installed-anywhere';\n${service('  @api() ping(): number { return 1; }')}`,
  });
  const { line, end } = await complaint(['serve', written.file]);
  assert.equal(end, 1);
  assert.match(line, /could not be loaded: Cannot find package 'not-installed-anywhere'/);
});

test('a start-up hook that throws is named with its message; --verbose shows its stack', async () => {
  using written = writeFiles({
    'service.ts': service(
      "  @onStartup load() { throw new Error('no such weights'); }\n  @api() ping(): number { return 1; }",
    ),
  });
  const { lines, end } = await complaint(['serve', written.file, '--port', '0']);
  assert.deepEqual(
    [end, lines],
    [1, ['bento: Broken did not start: the start-up hook load threw: no such weights', '(--verbose says more)']],
  );
  const verbose = await complaint(['serve', written.file, '--port', '0', '--verbose']);
  assert.match(verbose.lines.join('\n'), /caused by: .*no such weights[\s\S]*service\.ts:4:/);
});

test('a constructor that throws is told', async () => {
  using written = writeFiles({
    'service.ts': service("  constructor() { throw new Error('cannot be'); }\n  @api() ping(): number { return 1; }"),
  });
  const { line } = await complaint(['serve', written.file, '--port', '0']);
  assert.equal(line, 'bento: Broken did not start: the constructor threw: cannot be');
});

test('a worker that ends while it starts is told', async () => {
  using written = writeFiles({
    'service.ts': service('  @onStartup load() { process.exit(7); }\n  @api() ping(): number { return 1; }'),
  });
  const { line } = await complaint(['serve', written.file, '--port', '0']);
  assert.equal(line, 'bento: Broken did not start: its worker ended before it was ready: process.exit(7) was called');
});

test('a model that is missing is named, with how to get it', async () => {
  using folder = writeFiles({
    'service.ts': service(
      "  @model(localFolder('./weights')) weights!: string;\n  @api() ping(): number { return 1; }",
    ),
  });
  const { line } = await complaint(['serve', folder.file, '--port', '0']);
  assert.match(
    line,
    /^bento: the model of Broken\.weights is missing: there is no folder .*weights; put the model there or change the path$/,
  );
  using installed = writeFiles({
    'service.ts': service(
      "  @model(npmPackage('no-such-model')) weights!: string;\n  @api() ping(): number { return 1; }",
    ),
  });
  const second = await complaint(['serve', installed.file, '--port', '0']);
  assert.match(second.line, /the npm package no-such-model is not installed; run: npm install no-such-model$/);
});

test('a model of a local folder is an absolute path before the constructor runs', async () => {
  using written = writeFiles({
    'service.ts': service(
      "  @model(localFolder('.')) weights!: string;\n  seen: string;\n  constructor() { this.seen = this.weights; }\n  @api() where(): string { return this.seen; }",
    ),
  });
  await using command = bento(['serve', written.file, '--port', '0']);
  const response = await fetch(`${urlIn(await command.says('Ctrl-C'))}/where`, { method: 'POST' });
  assert.equal(await response.text(), written.folder);
});

test('a type that cannot cross the wire is refused with file, line, type, remedy and its code', async () => {
  using written = writeFiles({ 'service.ts': service('  @api() when(at: RegExp): number { return 1; }') });
  const { line, lines, end } = await complaint(['serve', written.file, '--port', '0']);
  assert.equal(end, 1);
  assert.match(line, /service\.ts:4:\d+: .*Broken\.when.*"RegExp"/);
  assert.deepEqual(lines.slice(1), [
    '    4 |   @api() when(at: RegExp): number { return 1; }',
    '      |                   ^^^^^^',
  ]);
});

for (const [what, body, expected] of [
  [
    'a route without a slash',
    "@api({ route: 'ping' }) ping(): number { return 1; }",
    /@api of Broken\.ping: route is "ping", but must be a path that begins with a slash/,
  ],
  [
    'a private method',
    '@api() #ping(): number { return 1; }\n  use() { return this.#ping(); }',
    /Broken\.#ping is private/,
  ],
  ['a static method', '@api() static ping(): number { return 1; }', /Broken\.ping is static/],
  [
    'two methods on one route',
    "@api() ping(): number { return 1; }\n  @api({ route: '/ping' }) pong(): number { return 1; }",
    /Broken\.ping and Broken\.pong both have the route \/ping/,
  ],
  [
    'an unknown option',
    '@api({ slot: 2 } as object) ping(): number { return 1; }',
    /@api of Broken\.ping: there is no option "slot"; did you mean "slots"\?/,
  ],
  ['no method at all', 'ping(): number { return 1; }', /Broken has no method with @api\(\)/],
  ['a getter', '@api() get ping(): number { return 1; }', /Broken\.ping is a getter, and @api goes on a method/],
  [
    'a reserved route',
    "@api({ route: '/metrics' }) ping(): number { return 1; }",
    /Broken\.ping has the route \/metrics, which the server itself answers/,
  ],
] as const) {
  test(`${what} fails at once with a sentence that names class and method`, async () => {
    using written = writeFiles({ 'service.ts': service(`  ${body}`) });
    const { line, end } = await complaint(['serve', written.file, '--port', '0']);
    assert.equal(end, 1);
    assert.match(line, expected);
  });
}

test('old-style decorators in the tsconfig do not matter: ours are loaded the standard way, and the rest of the tsconfig holds', async () => {
  using written = writeFiles({
    'service.ts': service('  @api() ping(): string { return answer; }', "import { answer } from '#aliased';\n"),
    'answer.ts': "export const answer = 'pong';\n",
    'tsconfig.json':
      '{\n  "compilerOptions": {\n    "experimentalDecorators": true,\n    "emitDecoratorMetadata": true,\n    "paths": { "#aliased": ["./answer.ts"] }\n  }\n}\n',
  });
  await using command = bento(['serve', written.file, '--port', '0']);
  const response = await fetch(`${urlIn(await command.says('Ctrl-C'))}/ping`, { method: 'POST' });
  assert.equal(await response.text(), 'pong');
});

test('code that was compiled to old-style decorators is refused, naming the line of the tsconfig', async () => {
  using written = writeFiles({
    'service.js': "import { service } from 'bentots';\nexport class Old {}\nservice()(Old);\n",
    'tsconfig.json': '{\n  "compilerOptions": {\n    "experimentalDecorators": true\n  }\n}\n',
  });
  const { line } = await complaint(['serve', 'service.js', '--port', '0'], written.folder);
  assert.match(
    line,
    /@service was called the way of old-style decorators; remove "experimentalDecorators" \(.*tsconfig\.json:3\)/,
  );
});

test('while the service starts, the gateway is alive but not ready, and calls are answered 503', async () => {
  using gate = createNote();
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  await using command = bento(['serve', fixture('slow-start'), '--port', String(port)], {
    env: { SLOW_START_GATE: gate.path },
  });
  await command.logs('slow-start: waiting');
  const url = `http://127.0.0.1:${port}`;
  const [alive, ready, call] = await Promise.all([
    fetch(`${url}/livez`),
    fetch(`${url}/readyz`),
    fetch(`${url}/hello`, { method: 'POST' }),
  ]);
  assert.deepEqual([alive.status, ready.status, call.status], [200, 503, 503]);
  assert.equal(((await call.json()) as { code: string }).code, 'NOT_READY');
  writeFileSync(gate.path, 'go');
  await command.says('Ctrl-C');
  const after = await fetch(`${url}/hello`, { method: 'POST' });
  assert.equal(await after.text(), 'at last');
});

test('the port comes from a flag before the environment', async () => {
  const first = await complaint(['serve', hello, '--port', 'many']);
  assert.deepEqual(
    [first.end, first.lines[0]],
    [2, "error: option '--port <number>' argument 'many' is invalid. It must be a whole number, from 0 to 65535."],
  );
  await using wrong = bento(['serve', hello], { env: { BENTOML_PORT: 'many' } });
  assert.match(
    (await wrong.finished).stderr,
    /^bento: environment: BENTOML_PORT is NaN, but must be a whole number, from 0 to 65535/,
  );
  await using right = bento(['serve', hello, '--port', '0'], { env: { BENTOML_PORT: '1' } });
  assert.match(await right.says('Ctrl-C'), /is served at/);
});

test('--help lists commands and flags with their defaults, and ends with 0', async () => {
  await using top = bento(['--help']);
  const { end, stdout } = await top.finished;
  assert.equal(end, 0);
  assert.match(stdout, /serve .*serve a service over HTTP/);
  await using serve = bento(['serve', '--help']);
  const text = (await serve.finished).stdout;
  for (const flag of ['--host', '--port', '--workers', '--verbose']) assert.ok(text.includes(flag), flag);
  assert.match(text.replace(/\s+/g, ' '), /\(default 3000, environment BENTOML_PORT\)/);
});

test('an unknown command or flag suggests the nearest and ends with 2', async () => {
  const command = await complaint(['serv']);
  assert.deepEqual(
    [command.end, command.lines.slice(0, 2)],
    [2, ["error: unknown command 'serv'", '(Did you mean serve?)']],
  );
  const flag = await complaint(['serve', '--prot', '1']);
  assert.deepEqual(
    [flag.end, flag.lines.slice(0, 2)],
    [2, ["error: unknown option '--prot'", '(Did you mean --port?)']],
  );
});

test('bento schema prints the whole spec as JSON', async () => {
  await using command = bento(['schema', hello]);
  const { end, stdout } = await command.finished;
  const spec = JSON.parse(stdout) as { name: string; apis: { name: string; kind: string }[] };
  assert.deepEqual([end, spec.name], [0, 'Hello']);
  assert.deepEqual(
    spec.apis.map(({ name, kind }) => `${name} ${kind}`),
    ['countDown stream', 'hello unary'],
  );
});

test('a Node that is too old is told in one sentence', () => {
  using written = writeFiles({ 'package.json': '' });
  const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
  const manifest = JSON.parse(readFileSync(root('package.json'), 'utf8')) as { engines: { node: string } };
  writeFileSync(written.file, JSON.stringify({ ...manifest, engines: { node: '>=99.1' } }));
  mkdirSync(join(written.folder, 'bin'));
  copyFileSync(root('bin/bento.js'), join(written.folder, 'bin/bento.js'));
  const { status, stderr } = spawnSync(process.execPath, [join(written.folder, 'bin/bento.js')], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^bento needs Node 99\.1 or newer, but this is \d+\.\d+\.\d+; install a newer Node, or bring one with the project: .*\n$/,
  );
});
