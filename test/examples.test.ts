/** Does with the examples what their pages tell a newcomer to do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync, readFileSync, statSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asCurl, lineOf, run, serveAsWritten } from './follow-page.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = (path: string) => readFileSync(`${root}${path}`, 'utf8');

/** Serves an example as its page says and sends the page's request. */
async function serveAndCall(serveLine: string, curlLine: string): Promise<Response> {
  await using served = await serveAsWritten(serveLine, root);
  const response = await asCurl(curlLine, served.url, root);
  return new Response(await response.text(), { status: response.status });
}

test('what is built stays in place while npx prepares the package once more', async () => {
  const written = () =>
    globSync('dist/**/*.js', { cwd: root }).map((path) => [path, statSync(`${root}${path}`).mtimeMs] as const);
  const before = written();
  assert.ok(before.length > 0);
  const { child } = run('npm run prepare', root);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0, output);
  assert.deepEqual(written(), before);
});

test('examples/hello: served and called as the README says', async () => {
  const response = await serveAndCall(lineOf(page('README.md'), 'npx bento serve'), lineOf(page('README.md'), 'curl '));
  assert.deepEqual([response.status, await response.text()], [200, 'Hello, Ada!']);
});

test('examples/embeddings: served and called as its README says, with the answer that it shows', async () => {
  const file = 'examples/embeddings/README.md';
  const response = await serveAndCall(lineOf(page(file), 'npx bento serve'), lineOf(page(file), 'curl '));
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
  const { child } = run('npm run demo -- --once --port 0', root);
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
