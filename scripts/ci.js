// Does what every change has to pass, two things at a time, and ends with the count of all tests: `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

// Of a lane one step begins when the one before has ended. What installs Debian's packages is in one lane, since only one
// may at a time, and so is what shares the libraries below test/loaders.
const lanes = [
  ['check', 'test'],
  ['lint', 'knip', 'test:package', 'test:python', 'test:loaders', 'test:examples', 'test:browser', 'test:proxy', 'test:containers'],
]; // biome-ignore format: a table

const widest = Math.max(...lanes.flat().map((name) => name.length));
const begun = performance.now();
let counted = 0; // seconds of a processor that belong to the steps that have ended
const secondsSince = (/** @type {number} */ from) => Math.round((performance.now() - from) / 1000);

const results = (await Promise.all(lanes.map(runLane))).flat();

const heads = ['seconds', 'of a processor', 'passed', 'failed'];
console.log(`\n${['step'.padEnd(widest), ...heads].join('  ')}`);
for (const { name, seconds, processorSeconds, passed, failed } of results) {
  const cells = [seconds, processorSeconds, passed, failed].map((cell, at) =>
    `${cell}`.padStart(heads[at]?.length ?? 0),
  );
  console.log([name.padEnd(widest), ...cells].join('  '));
}
const sum = (/** @type {'passed' | 'failed'} */ what) => results.reduce((total, result) => total + result[what], 0);
console.log(`${secondsSince(begun)} s in all, ${spentByEnded()} s of a processor`);
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
  const processorSeconds = spentByEnded() - counted;
  counted += processorSeconds;
  say(isWell ? `done in ${seconds} s` : `FAILED with ${signal ?? code} after ${seconds} s`);
  return { name, seconds, processorSeconds, ...count, complaints };
}

/** Seconds of a processor that the steps which have ended took, with all that they started; 0 where it is not told. */
function spentByEnded() {
  const file = '/proc/self/stat'; // see proc_pid_stat(5): a tick is a hundredth of a second
  if (!existsSync(file)) return 0;
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return Math.round((Number(fields[13]) + Number(fields[14])) / 100);
}
