#!/usr/bin/env node
// Checks the Node version in words that any Node understands, then runs the program on `process.argv`. Another copy of
// bentots imports this file, with ?handed-over behind its URL, where a service is ours: every version keeps to that.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const wanted = manifest.engines.node.replace('>=', '');
const program = new URL('../dist/cli/main.js', import.meta.url);

/** @param {string} a @param {string} b */
function isOlder(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const index = left.findIndex((part, position) => part !== (right[position] || 0));
  return index >= 0 && left[index] < (right[index] || 0);
}

if (isOlder(process.versions.node, wanted)) {
  fail(
    `bento needs Node ${wanted} or newer, but this is ${process.versions.node}; install a newer Node, ` +
      'or bring one with the project: npm install --save-dev node@24, then: npx bento',
  );
} else if (!existsSync(program)) {
  fail(`bento in ${fileURLToPath(new URL('..', import.meta.url))} is not built yet; run there: npm run build`);
} else {
  const isHandedOver = new URL(import.meta.url).searchParams.has('handed-over');
  import(program.href).then((module) => module.main(process.argv.slice(2), { isHandedOver }));
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
