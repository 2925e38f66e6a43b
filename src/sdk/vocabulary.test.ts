/** What `import … from 'bentots'` costs an author's file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../', import.meta.url));

/** Every file and package that a file reaches by imports that are left when types are gone. */
function reach(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const { outputText } = ts.transpileModule(readFileSync(resolve(source, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext, verbatimModuleSyntax: true },
    });
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (!fileName.startsWith('.')) packages.add(fileName);
      else
        open.push(
          relative(source, resolve(source, dirname(file), fileName))
            .split(sep)
            .join('/'),
        );
    }
  }
  return { files, packages };
}

test("the author's vocabulary loads sdk, spec, io, config and errors, and nothing of the server", () => {
  const folders = [...reach('index.ts').files].map((file) => file.split('/')[0]);
  const allowed = ['index.ts', 'errors.ts', 'sdk', 'spec', 'io', 'config'];
  assert.deepEqual(
    folders.filter((folder) => !allowed.includes(folder ?? '')),
    [],
  );
  assert.ok(folders.includes('sdk') && folders.includes('config'));
});

test("the author's vocabulary needs no package, only Node, until a picture is asked for its size", () => {
  assert.deepEqual(
    [...reach('index.ts').packages].filter((name) => !name.startsWith('node:')),
    ['image-size'],
  );
});

test('the walk finds packages where there are some', () => {
  const { packages } = reach('gateway/index.ts');
  for (const name of ['fastify', 'pino', 'prom-client', 'ajv/dist/2020.js']) assert.ok(packages.has(name), name);
});

test('the gateway never reaches the compiler or the loader of author code', () => {
  const { packages } = reach('gateway/index.ts');
  for (const name of ['typescript', 'tsx/esm/api']) assert.ok(!packages.has(name), name);
});
