/** Has megabytes of bytes come by while objects live on, and says how often the whole heap was looked through. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { countExternalMemory } from './external-memory.ts';

if (process.argv.includes('counted')) countExternalMemory();
let collections = 0;
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries() as unknown as { readonly detail: { readonly kind: number } }[]) {
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
  }
}).observe({ entryTypes: ['gc'] });
const alive = Array.from({ length: 300_000 }, (_, value) => ({ value, name: `object ${value}` }));
for (let turn = 0; turn < 2000; turn++) {
  for (let count = 0; count < 10; count++) Buffer.allocUnsafeSlow(64 * 1024);
  await new Promise(setImmediate);
}
process.stdout.write(`${collections} ${alive.length}`);
