/** Serves every example of a guide and calls it as the guide does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { serve } from 'bentots/serve';
import { writeFiles } from './write-service.ts';

const guides = ['types', 'schemas'];

interface Call {
  readonly line: number;
  readonly command: string;
  readonly answer: { readonly language: string; readonly text: string };
}

interface Example {
  readonly line: number;
  /** As its first line says, else `service.ts`. */
  readonly file: string;
  readonly source: string;
  readonly calls: readonly Call[];
}

/** A block of code with a service, and the pairs of a command and its answer that follow it. */
function examplesOf(page: string): Example[] {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: page.slice(0, match.index).split('\n').length,
  }));
  const examples: (Example & { calls: Call[] })[] = [];
  for (const [at, { language, text, line }] of blocks.entries()) {
    if (['ts', 'js'].includes(language) && /@service|defineService/.test(text)) {
      examples.push({ line, file: /^\/\/ (service\.\w+)\n/.exec(text)?.[1] ?? 'service.ts', source: text, calls: [] });
    }
    const answer = blocks[at + 1];
    if (language !== 'sh' || !text.startsWith('curl ')) continue;
    assert.ok(answer, `the command on line ${line} has no answer`);
    examples.at(-1)?.calls.push({ line, command: text, answer });
  }
  return examples;
}

/** Sends what `curl <url> -d '<body>'` sends. */
async function run(command: string, url: string): Promise<string> {
  const match = /^curl http:\/\/127\.0\.0\.1:3000(\/\S+) -d '([^']*)'\n$/.exec(command);
  assert.ok(match, `this test does not know the command ${command}`);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }; // as curl says of everything
  const response = await fetch(url + match[1], { method: 'POST', headers, body: match[2] ?? '' });
  return response.text();
}

for (const guide of guides) {
  const page = readFileSync(new URL(`../docs/guide/${guide}.md`, import.meta.url), 'utf8');
  const examples = examplesOf(page);

  for (const { line, file, source, calls } of examples) {
    test(`the example on line ${line} of the guide to ${guide} answers as the guide says`, async () => {
      using written = writeFiles({ [file]: source });
      await using server = await serve(written.file, { port: 0, logTo: { write() {} } });
      assert.ok(calls.length > 0, 'it is called');
      for (const { line, command, answer } of calls) {
        const said = await run(command, server.url);
        const where = `line ${line}: ${said}`;
        if (answer.language === 'json') assert.deepEqual(JSON.parse(said), JSON.parse(answer.text), where);
        else assert.equal(said, answer.text.trimEnd(), where);
      }
    });
  }

  test(`the guide to ${guide} has examples`, () => {
    assert.ok(examples.length > 5);
  });
}
