#!/usr/bin/env node
// Checks the Node version in words that any Node understands, then hands over to the program.
import { existsSync, readFileSync } from 'node:fs';

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
  fail('bento is not built yet; run: npm run build');
} else {
  import(program.href).then((module) => module.main(process.argv.slice(2)));
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
