// Runs the test suite from source and ends with the files that took longest and a plain count: `N passed, N failed`.
// `--long` runs the long tests.
import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const isLong = process.argv.includes('--long');
const given = process.argv.slice(2).filter((argument) => argument !== '--long');
const suite = isLong ? ['test/*.long.ts'] : ['src/**/*.test.ts', 'test/*.test.ts', 'examples/*/*.test.ts'];
const patterns = given.length > 0 ? given : suite;
const files = globSync(patterns, { exclude: (name) => name.includes('node_modules') });

// Each file, and each process that it starts, would strip and compile the same sources: two fifths of all the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compiled');

const events = run({
  files,
  concurrency: 2, // the machines that this runs on have two cores
  timeout: isLong ? 7_200_000 : 300_000, // what hangs ends; the longest runs for an hour, or a minute
  // `import … from 'bentots'` in a fixture finds the source and not what was built.
  execArgv: ['--conditions=@bentots/source'],
});

let counts = { passed: 0, failed: 0 };
/** @type {{ file: string, seconds: number }[]} */
const times = [];
events.on('test:summary', (summary) => {
  if (summary.file !== undefined) {
    times.push({ file: relative('.', summary.file), seconds: summary.duration_ms / 1000 });
    return; // the last one is of all files
  }
  const { passed, failed, cancelled } = summary.counts;
  counts = { passed, failed: failed + cancelled };
  if (!summary.success) process.exitCode = 1;
});
const report = events.compose(spec());
report.pipe(process.stdout, { end: false });
await finished(report);

if (times.length > 1) {
  console.log('\nthe files that took longest, in seconds:');
  for (const { file, seconds } of times.sort((a, b) => b.seconds - a.seconds).slice(0, 20))
    console.log(`${seconds.toFixed(1).padStart(7)}  ${file}`);
}
if (counts.passed === 0) process.exitCode = 1; // nothing ran: that is no success
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed\n`);
