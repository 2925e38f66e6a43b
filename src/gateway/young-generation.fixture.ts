/** Makes garbage, of which the youngest lives on for a while, and says how large the young generation has become. */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { limitYoungGeneration } from './young-generation.ts';

if (process.argv.includes('limited')) limitYoungGeneration();
let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });
const alive: object[][] = [];
while (collections < 60) {
  alive.push(Array.from({ length: 10_000 }, (_, value) => ({ value })));
  if (alive.length > 20) alive.shift();
  await new Promise(setImmediate);
}
const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
process.stdout.write(String(young?.space_size));
