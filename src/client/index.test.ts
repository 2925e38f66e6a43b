/** The door, and what comes in with it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as door from 'bentots/client';

/** Follows imports and exports, without those that only carry types. */
async function walk(file: URL, files: Set<string>, others: Set<string>): Promise<void> {
  if (files.has(file.pathname)) return;
  files.add(file.pathname);
  const source = await readFile(file, 'utf8');
  for (const [, clause = '', specifier = ''] of source.matchAll(
    /^(?:import|export)\b([^;]*?)\bfrom '([^']+)';|\bimport\(/gm,
  )) {
    if (clause.trimStart().startsWith('type ')) continue;
    if (specifier.startsWith('.')) await walk(new URL(specifier, file), files, others);
    else others.add(specifier || 'a dynamic import');
  }
}

test('the client loads no package, no node: module and nothing of the server', async () => {
  const files = new Set<string>();
  const others = new Set<string>();
  await walk(new URL('./index.ts', import.meta.url), files, others);
  const root = new URL('..', import.meta.url).pathname;
  const folders = new Set([...files].map((file) => file.slice(root.length).split('/')[0]));
  assert.deepEqual([...folders].sort(), ['client', 'errors.ts', 'io', 'spec']);
  assert.deepEqual([...others], ['a dynamic import']); // of what reads the size of a picture, once it is asked for
  assert.ok(files.size > 15, 'the walk has to find the files at all');
});

test('the client uses no global that a browser lacks', async () => {
  const files = new Set<string>();
  await walk(new URL('./index.ts', import.meta.url), files, new Set());
  for (const file of files) {
    const code = (await readFile(file, 'utf8')).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(code, /\b(process\.|Buffer\.|setImmediate|require\()/, file);
  }
});

test('the door gives a client, its error and a check for it', () => {
  assert.deepEqual(Object.keys(door).sort(), [
    'CallError',
    'ImageFile',
    'ServerEvent',
    'Table',
    'Tensor',
    'createClient',
    'isCallError',
  ]);
});
