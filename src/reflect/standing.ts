/**
 * The process that reflects again and again: it keeps what the compiler has parsed, so that reading a service anew
 * takes tens of milliseconds instead of most of a second. It is asked over the line to the process that started it, and
 * ends with that line.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { type ErrorRecord, toRecord } from '../errors.ts';
import type { ReflectedModule } from '../spec/reflected.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { cacheFileFor, saveCache } from './cache.ts';
import { cacheFolderFor, openCacheFolder } from './cache-folder.ts';
import { reflect } from './reflect.ts';

/** Asks for the types of a file. */
export interface ReflectRequest {
  readonly id: number;
  readonly file: string;
}

/** What was found, and what was read for it, also by a reading that failed. */
export type ReflectAnswer = { readonly id: number; readonly sources: readonly SourceFile[] } & (
  | { readonly module: ReflectedModule }
  | { readonly error: ErrorRecord }
);

const kept = new Map<string, unknown>();

process.on('message', (request: ReflectRequest) => void answer(request));
// A signal to the whole group (Ctrl-C) is for the process that started this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

async function answer({ id, file }: ReflectRequest): Promise<void> {
  const sources = new Map<string, SourceFile>();
  const onLook = (source: SourceFile) => {
    if (!/[\\/]node_modules[\\/]/.test(source.file)) sources.set(source.file, source);
  };
  try {
    const folder = cacheFolderFor(file);
    if (openCacheFolder(folder)) enableCompileCache(join(folder.path, 'compiled'));
    const reflection = await reflect(file, { kept, onLook });
    saveCache(cacheFileFor(file), reflection);
    say({ id, sources: [...sources.values()], module: reflection.module });
  } catch (error) {
    say({ id, sources: [...sources.values()], error: toRecord(error) });
  }
}

function say(answer: ReflectAnswer): void {
  process.send?.(answer);
}
