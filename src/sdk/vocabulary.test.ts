/** What `import … from 'bentots'` costs an author's file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../', import.meta.url));

/** The modules that a file loads at once, when types are gone, and those that it loads on use. */
function importsOf(file: string): { atOnce: string[]; onUse: string[] } {
  const { outputText } = ts.transpileModule(readFileSync(resolve(source, file), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext, verbatimModuleSyntax: true },
  });
  const parsed = ts.createSourceFile(file, outputText, ts.ScriptTarget.ESNext);
  const atOnce = parsed.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    return statement.moduleSpecifier && ts.isStringLiteral(statement.moduleSpecifier)
      ? [statement.moduleSpecifier.text]
      : [];
  });
  const all = ts.preProcessFile(outputText).importedFiles.map(({ fileName }) => fileName);
  return { atOnce, onUse: all.filter((name) => !atOnce.includes(name)) };
}

/** Every file and package that a file reaches, and the packages that its files load on use. */
function reach(entry: string): { files: Set<string>; packages: Set<string>; onUse: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const onUse = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const imports = importsOf(file);
    for (const name of imports.onUse) if (!name.startsWith('.')) onUse.add(name);
    for (const name of imports.atOnce) {
      if (!name.startsWith('.')) packages.add(name);
      else
        open.push(
          relative(source, resolve(source, dirname(file), name))
            .split(sep)
            .join('/'),
        );
    }
  }
  return { files, packages, onUse };
}

test("the author's vocabulary loads sdk, spec, io, config and errors, what finds models, and nothing of the server", () => {
  const files = [...reach('index.ts').files];
  const allowed = ['index.ts', 'errors.ts', 'tag.ts', 'sdk', 'spec', 'io', 'config', 'store', 'registry'];
  assert.deepEqual(
    files.filter((file) => !allowed.includes(file.split('/')[0] ?? '')),
    [],
  );
  assert.ok(files.some((file) => file.startsWith('sdk/')) && files.some((file) => file.startsWith('config/')));
  assert.deepEqual(
    files.filter((file) => /^(?:registry|store\/(?:archive|registry))\/|^store\/models\.ts/.test(file)),
    ['store/registry/find-pulled.ts', 'store/registry/known-items.ts', 'registry/reference.ts'],
  );
});

test("the author's vocabulary needs no package, only Node, until something is asked that does", () => {
  const { packages, onUse } = reach('index.ts');
  assert.deepEqual(
    [...packages].filter((name) => !name.startsWith('node:')),
    [],
  );
  assert.deepEqual([...onUse], ['image-size']); // when a picture is asked for its size
});

test('the walk finds packages where there are some', () => {
  const { packages } = reach('gateway/index.ts');
  for (const name of ['fastify', 'pino', 'prom-client', 'ajv/dist/2020.js']) assert.ok(packages.has(name), name);
});

test('the gateway never reaches the compiler or the loader of author code', () => {
  const { packages } = reach('gateway/index.ts');
  for (const name of ['typescript', 'tsx/esm/api']) assert.ok(!packages.has(name), name);
});
