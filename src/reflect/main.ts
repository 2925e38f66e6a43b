/**
 * The short-lived process that reflects: `node main.js <entry file> <cache file>`. It prints one line of JSON,
 * `{ module }` with exit code 0 or `{ error }` with 1, so that its caller needs no cache to know the answer.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { toRecord } from '../errors.ts';
import { saveCache } from './cache.ts';
import { cacheFolderFor, openCacheFolder } from './cache-folder.ts';
import { reflect } from './reflect.ts';

await main(process.argv.slice(2));

async function main([file, cacheFile]: readonly string[]): Promise<void> {
  try {
    if (file === undefined || cacheFile === undefined) throw new Error('usage: main <entry file> <cache file>');
    // The compiler is 9 MB of JavaScript; kept compiled, it loads in a third of the time.
    const folder = cacheFolderFor(file);
    if (openCacheFolder(folder)) enableCompileCache(join(folder.path, 'compiled'));
    const reflection = await reflect(file);
    saveCache(cacheFile, reflection);
    print({ module: reflection.module });
  } catch (error) {
    print({ error: toRecord(error) });
    process.exitCode = 1;
  }
}

function print(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
