/** Serves every service on the page about schemas, and calls it as the page does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { start } from './start.ts';
import { writeFiles } from './write-service.ts';

const page = readFileSync(new URL('../docs/guide/schemas.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = '', code = '']) => ({
  language,
  code,
}));
const isSource = ({ language }: { language: string }) => language === 'ts' || language === 'js';

interface Service {
  readonly file: string;
  readonly code: string;
  readonly calls: { readonly path: string; readonly body: string; readonly answer: string; readonly isJson: boolean }[];
}

/** Each service with the calls below it: `curl`, then what it answers. */
const services = blocks.reduce<Service[]>((all, { language, code }, at) => {
  if (isSource({ language })) {
    all.push({ file: /^\/\/ (\S+)\n/.exec(code)?.[1] ?? '', code, calls: [] });
    return all;
  }
  const call = /^curl http:\/\/127\.0\.0\.1:3000(\/\S+) -d '(.*)'\n$/.exec(code);
  const answer = blocks[at + 1];
  if (language !== 'sh') return all;
  assert.ok(call && answer, `not a call with an answer: ${code}`);
  const [, path = '', body = ''] = call;
  all.at(-1)?.calls.push({ path, body, answer: answer.code.trim(), isJson: answer.language === 'json' });
  return all;
}, []);

test('the page has services, each with a name and a call', () => {
  assert.ok(services.length >= 8, String(services.length));
  assert.deepEqual(
    services.filter(({ file, calls }) => !file.startsWith('service.') || calls.length === 0),
    [],
  );
});

for (const { file, code, calls } of services) {
  const name = /(?:class|const) (\w+)(?: \{| = defineService)/.exec(code)?.[1];
  test(`${file} with ${name} is served and answers as the page says`, async () => {
    using written = writeFiles({ [file]: code });
    await using started = await start(written.file);
    for (const { path, body, answer, isJson } of calls) {
      const text = await (await started.post(path, body)).text();
      assert.deepEqual(isJson ? JSON.parse(text) : text, isJson ? JSON.parse(answer) : answer, `${path} ${body}`);
    }
  });
}
