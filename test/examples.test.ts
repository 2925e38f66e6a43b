/** Does with the examples what their pages tell a newcomer to do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, statSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { urlIn } from './bento.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = (path: string) => readFileSync(`${root}${path}`, 'utf8');

/** The line of a page that begins with these words. */
function lineOf(path: string, words: string): string {
  const found = page(path)
    .replaceAll('\\\n', ' ')
    .split('\n')
    .find((line) => line.startsWith(words));
  if (found === undefined) throw new Error(`${path} has no line that begins with: ${words}`);
  return found;
}

/** Starts a command as it stands on a page. */
function run(command: string) {
  // A group of its own on POSIX, since npx and the shell stand between us and the server.
  const child = spawn(command, {
    cwd: root,
    shell: true,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined) process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  };
  return { child, end };
}

/** Sends what a page's `curl URL [-H …] -d '…'` would send; a machine may have Node alone. */
function asCurl(line: string, url: string): Promise<Response> {
  const [, path, body] = /^curl http:\/\/127\.0\.0\.1:3000(\S+) .*-d '(.+)'/.exec(line) ?? [];
  if (path === undefined || body === undefined) throw new Error(`not a line for this test: ${line}`);
  const type = /-H 'content-type: ([^']+)'/.exec(line)?.[1] ?? 'application/x-www-form-urlencoded';
  return fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } });
}

/** Serves an example as its page says, sends the page's request, stops it as Ctrl-C would. */
async function serveAndCall(serveLine: string, curlLine: string): Promise<Response> {
  const { child, end } = run(`${serveLine} --port 0`);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => {
    said += words;
  });
  child.stdout.resume();
  try {
    while (!said.includes('Ctrl-C')) {
      const ended = await Promise.race([
        once(child.stderr, 'data').then(() => false),
        once(child, 'close').then(() => true),
      ]);
      assert.ok(!ended, said);
    }
    const response = await asCurl(curlLine, urlIn(said));
    return new Response(await response.text(), { status: response.status });
  } finally {
    const closed = once(child, 'close');
    end('SIGINT');
    await closed;
  }
}

test('what is built stays in place while npx prepares the package once more', async () => {
  const written = () =>
    globSync('dist/**/*.js', { cwd: root }).map((path) => [path, statSync(`${root}${path}`).mtimeMs] as const);
  const before = written();
  assert.ok(before.length > 0);
  const { child } = run('npm run prepare');
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0, output);
  assert.deepEqual(written(), before);
});

test('examples/hello: served and called as the README says', async () => {
  const response = await serveAndCall(lineOf('README.md', 'npx bento serve'), lineOf('README.md', 'curl '));
  assert.deepEqual([response.status, await response.text()], [200, 'Hello, Ada!']);
});

test('examples/embeddings: served and called as its README says, with the answer that it shows', async () => {
  const file = 'examples/embeddings/README.md';
  const response = await serveAndCall(lineOf(file, 'npx bento serve'), lineOf(file, 'curl '));
  const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page(file))?.[1] ?? '') as {
    index: number;
    text: string;
    score: number;
  }[];
  const answered = (await response.json()) as typeof shown;
  assert.equal(response.status, 200);
  assert.deepEqual(
    answered.map(({ index, text: words }) => ({ index, words })),
    shown.map(({ index, text: words }) => ({ index, words })),
  );
  for (const [position, { score }] of answered.entries())
    assert.ok(Math.abs(score - (shown[position]?.score ?? 0)) < 0.01);
});

test('npm run demo -- --once searches by meaning, prints sensible neighbours and ends with 0', async () => {
  const { child } = run('npm run demo -- --once --port 0');
  child.stderr.resume();
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0, output);
  const best = (question: string) => {
    const lines = output.split('\n');
    return lines[lines.findIndex((line) => line.startsWith(question)) + 1]?.trim().slice(0, 60);
  };
  assert.match(best('Can I be put in prison') ?? '', /^0\.\d\d {2}No one shall be subjected to arbitrary arrest/);
  assert.match(best('Can my parents force me') ?? '', /^0\.\d\d {2}Marriage shall be entered into only with the free/);
  assert.match(best('Do I get paid vacation?') ?? '', /right to rest and leisure/);
  assert.match(output, /\d+ ms/);
});
