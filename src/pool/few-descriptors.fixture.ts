/** A process that lacks descriptors, more and then fewer of them: it starts others, and says how each start went. */
import { closeSync, openSync, rmSync } from 'node:fs';
import { cacheFileFor } from '../reflect/cache.ts';
import { reflectTypes } from './reflect-types.ts';
import { createTypeReader } from './type-reader.ts';
import { startProcess } from './worker-process.ts';

const [, , file = ''] = process.argv;
const enough = 15; // one more than the most that a start needs
const { signal } = new AbortController();

async function startWorker(): Promise<string> {
  const worker = startProcess(0, () => {});
  if (worker.pid !== undefined) worker.kill();
  const reason = await worker.ended;
  return reason.kind === 'not_started' ? reason.problem : reason.kind;
}

async function readTypes(): Promise<string> {
  return (await reflectTypes(file, signal)).file === file ? 'read' : 'of another file';
}

async function askReader(): Promise<string> {
  const reader = createTypeReader();
  try {
    reader.warm(file);
    return (await reader.read(file, signal, () => {})).file === file ? 'read' : 'of another file';
  } finally {
    reader.close();
  }
}

const taken: number[] = [];
for (const start of [startWorker, askReader, readTypes]) {
  await start().catch(() => {}); // what it loads is loaded
  try {
    for (;;) taken.push(openSync(file, 'r'));
  } catch {
    // There are none left.
  }
  for (let left = 0; left <= enough; left++) {
    rmSync(cacheFileFor(file), { force: true });
    process.stdout.write(`${start.name}: ${await start().catch((error: Error) => error.message)}\n`);
    closeSync(taken.pop() as number);
  }
  for (const descriptor of taken.splice(0)) closeSync(descriptor);
}
