/** `bento client generate`: a typed client of a server that runs, its types and its calls. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { bento } from './bento.ts';
import { start } from './start.ts';
import { writeFiles } from './write-service.ts';

async function generate(...args: readonly string[]) {
  await using running = bento(['client', 'generate', ...args]);
  return await running.finished;
}

/** What the compiler of this project says of some files. */
function problemsOf(...files: readonly string[]): string[] {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files, { ...options, noEmit: true });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

/** A program that uses what was generated, as its author would. */
const program = `import { Tensor } from 'bentots/client';
import { createValues } from './values-client.ts';

export async function use(url: string) {
  const client = createValues(url);
  const day: Date = await client.later(new Date(0), 2);
  const scaled = await client.scale(new Tensor('float32', Float32Array.of(1, 2), [1, 2]), new Tensor('float32', Float32Array.of(3), [1]));
  const sizes: readonly [number, number] = scaled.shape;
  const file = await client.file(new File(['ho'], 'a.txt', { type: 'text/plain' }));
  const days: Date[] = [];
  for await (const one of client.days(new Date(0), 1)) days.push(one);
  // @ts-expect-error a text is no date
  await client.later('1970-01-01').catch(() => undefined);
  return [day.toISOString(), [...scaled.data], sizes, await file.text(), days.length];
}
`;

/** Calls of a client of the class, answered by those of the generated one: whoever has the first may take the second. */
const names = ['echo', 'later', 'scale', 'bytesOrNull', 'files', 'samePicture', 'sum', 'days'];
const comparison = `import type { Client } from 'bentots/client';
import type { Values } from '../../fixtures/values.ts';
import { createValues } from './values-client.ts';

const client = createValues('http://h');
${names.map((name) => `export const ${name}: Client<Values>['${name}'] = client.${name};`).join('\n')}
`;

test('a client that is generated from a server has the types of its values, and calls it', async () => {
  await using server = await start('values');
  using written = writeFiles({ 'use.ts': program, 'compare.ts': comparison });
  const file = join(written.folder, 'values-client.ts');
  const first = await generate(server.url, '-o', file);
  assert.deepEqual([first.end, first.stderr], [0, `wrote a client of ${server.url} to ${file}\n`]);
  assert.deepEqual(problemsOf(written.file, join(written.folder, 'compare.ts')), []);
  const { use } = (await import(pathToFileURL(written.file).href)) as { use(url: string): Promise<unknown> };
  assert.deepEqual(await use(server.url), ['1970-01-03T00:00:00.000Z', [3, 6], [1, 2], 'ho!', 1]);

  const checked = await generate(server.url, '--output', file, '--check');
  assert.deepEqual([checked.end, checked.stdout], [0, `${file} is what ${server.url} says\n`]);
  const printed = await generate(`${server.url}/`);
  assert.deepEqual([printed.end, printed.stdout], [0, readFileSync(file, 'utf8')]);
});

test('--check ends with 1 when the file differs or is not there, and changes nothing', async () => {
  await using server = await start('everyday');
  using written = writeFiles({ 'old.ts': '// mine\n' });
  const differs = await generate(server.url, '-o', written.file, '--check');
  const toWrite = `to write it: bento client generate ${server.url} --output ${written.file}\n`;
  assert.deepEqual(
    [differs.end, differs.stderr],
    [1, `${written.file} is not what ${server.url} says now; ${toWrite}`],
  );
  assert.equal(readFileSync(written.file, 'utf8'), '// mine\n');
  const missing = await generate(server.url, '-o', join(written.folder, 'none.ts'), '--check');
  assert.match(missing.stderr, /none\.ts is not there; to write it: bento client generate/);
  assert.equal(missing.end, 1);
});

test('a service behind a password is read with the header that is given, under the name that is given', async () => {
  const server = createServer((request, response) => {
    if (request.headers.authorization !== 'Bearer secret')
      return response.writeHead(401).end('{"error":"who are you"}');
    return response.end('{"name":"a service","routes":[]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const refused = await generate(url);
  assert.deepEqual([refused.end, refused.stderr.split('\n')[0]], [1, 'bento: who are you']);
  const { stdout } = await generate(url, '--header', 'Authorization: Bearer secret', '--name', 'Mine');
  assert.match(stdout, /export interface Mine \{\}[\s\S]*export function createMine\(/);
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

for (const [what, args, message] of [
  ['a wrong address', ['ftp://user:secret@h'], /<url> is ftp:\/\/…@h, but must be an address such as http:/],
  [
    'a wrong name',
    ['http://h', '--name', 'a-b'],
    /--name is a-b, but must be a name that a TypeScript interface may have/,
  ],
  ['--check alone', ['http://h', '--check'], /--check is alone, but must be beside --output/],
  ['a wrong header', ['http://h', '--header', 'x y: secret'], /--header is one that HTTP does not allow/],
  ['a socket that is not there', [`unix:${join(tmpdir(), 'bentots-none.sock')}`], /cannot reach http\+unix:.*ENOENT/],
] as const) {
  test(`${what} is one line, without secrets, and the exit code 1`, async () => {
    const { end, stdout, stderr } = await generate(...args);
    assert.deepEqual([end, stdout], [1, '']);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret|at .*\.js/);
  });
}

test('a server that is no service is said to be none', async () => {
  const server = createServer((_, response) => response.end('{"hello":1}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { end, stderr } = await generate(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.match(stderr, /is not the schema of a BentoML service: it has no list of routes/);
  assert.equal(end, 1);
  server.close();
  server.closeAllConnections();
});
