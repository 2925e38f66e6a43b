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

test('the client loads nothing but its own folder and the error table: no package, no node: module', async () => {
  const files = new Set<string>();
  const others = new Set<string>();
  await walk(new URL('./index.ts', import.meta.url), files, others);
  const root = new URL('..', import.meta.url).pathname;
  const outside = [...files].map((file) => file.slice(root.length)).filter((file) => !file.startsWith('client/'));
  assert.deepEqual(outside, ['errors.ts']);
  assert.deepEqual([...others], []);
  assert.ok(files.size > 15, 'the walk has to find the files at all');
});

test('the client uses no global that a browser lacks', async () => {
  const files = new Set<string>();
  await walk(new URL('./index.ts', import.meta.url), files, new Set());
  for (const file of files) {
    assert.doesNotMatch(await readFile(file, 'utf8'), /\b(process\.|Buffer\b|setImmediate|require\()/, file);
  }
});

test('the door gives a client, its error and a check for it', () => {
  assert.deepEqual(Object.keys(door).sort(), ['CallError', 'createClient', 'isCallError']);
});
