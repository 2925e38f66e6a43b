/** One start in a process of its own: prints how long it took until the types were known. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const [mode, root = '', file = '', list = ''] = process.argv.slice(2);

const started = start();
if (mode === 'read') await read();
else if (mode === 'warm') await warm();
else await reflect();

async function read(): Promise<void> {
  const files = JSON.parse(readFileSync(list, 'utf8')) as string[]; // written by the bench
  await Promise.all(files.map((path) => readFile(path)));
  print(started);
}

async function warm(): Promise<void> {
  const { loadCached } = (await import(
    join(root, 'dist/reflect/cache.js')
  )) as typeof import('../../src/reflect/cache.ts');
  const found = await loadCached(file);
  print(started);
  if (!found) throw new Error('the cache was not warm');
}

async function reflect(): Promise<void> {
  const path = join(root, 'dist/pool/reflect-types.js');
  const { reflectTypes } = (await import(path)) as typeof import('../../src/pool/reflect-types.ts');
  const { services } = await reflectTypes(file, new AbortController().signal);
  if (services.length !== 1) throw new Error(`${services.length} services were found`);
  print(started);
}

function start() {
  return { ms: performance.now(), cpu: process.cpuUsage() };
}

/** CPU time is that of this process alone, its threads included. */
function print(from: ReturnType<typeof start>): void {
  const { user, system } = process.cpuUsage(from.cpu);
  process.stdout.write(JSON.stringify({ ms: performance.now() - from.ms, cpuMs: (user + system) / 1000 }));
}
