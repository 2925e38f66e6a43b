// Does what every change has to pass, two things at a time, and ends with the count of all tests: `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

// Of a lane one step begins when the one before has ended. What installs Debian's packages is in one lane, since only one
// may at a time, and so is what shares the libraries below test/loaders.
const lanes = [
  ['check', 'test'],
  ['lint', 'knip', 'test:package', 'test:python', 'test:loaders', 'test:examples', 'test:browser', 'test:proxy', 'test:containers'],
]; // biome-ignore format: a table

const widest = Math.max(...lanes.flat().map((name) => name.length));
const begun = performance.now();
const secondsSince = (/** @type {number} */ from) => Math.round((performance.now() - from) / 1000);

const results = (await Promise.all(lanes.map(runLane))).flat();

console.log(`\n${'step'.padEnd(widest)}  seconds  passed  failed`);
for (const { name, seconds, passed, failed } of results) {
  const cells = [seconds, passed, failed].map((value, at) => String(value).padStart([7, 6, 6][at] ?? 0));
  console.log(`${name.padEnd(widest)}  ${cells.join('  ')}`);
}
const sum = (/** @type {'passed' | 'failed'} */ what) => results.reduce((total, result) => total + result[what], 0);
console.log(`${secondsSince(begun)} s in all`);
for (const { name, complaints } of results) for (const line of complaints) console.log(`${name}: ${line}`);
if (sum('failed') > 0) process.exitCode = 1;
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);

/** @param {readonly string[]} names */
async function runLane(names) {
  const results = [];
  for (const name of names) results.push(await runStep(name));
  return results;
}

/**
 * Runs a script of package.json; each line that it prints gets its name. One that counts no tests counts as one.
 * @param {string} name
 */
async function runStep(name) {
  const from = performance.now();
  const child = spawn('npm', ['run', '--silent', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let count = { passed: 0, failed: 0 };
  /** @type {Set<string>} */
  const complaints = new Set();
  const say = (/** @type {string} */ line) => console.log(`${name.padEnd(widest)} | ${line}`);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(line) ?? [];
      if (passed !== undefined) count = { passed: Number(passed), failed: Number(failed) };
      if (/^\s*✖ (?!failing tests)/.test(line)) complaints.add(line.trim()); // again at the end, where it is seen
      say(line);
    });
  }
  const [code, signal] = await once(child, 'close');
  const isWell = code === 0;
  if (isWell && count.passed === 0) count.passed = 1;
  if (!isWell && count.failed === 0) count.failed = 1; // types or style, or it ended before its tests did
  const seconds = secondsSince(from);
  say(isWell ? `done in ${seconds} s` : `FAILED with ${signal ?? code} after ${seconds} s`);
  return { name, seconds, ...count, complaints };
}
