/** Writes what is too large to cross in memory to where the gateway takes it from. */

import { openAsBlob } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { type FileOnDisk, headBytes, type KeepOnDisk, type OpenFile } from '../io/file-content.ts';
import type { WorkerFiles } from '../spec/messages.ts';

/** What one call has kept on disk so far. */
export interface KeptFiles {
  readonly files: readonly FileOnDisk[];
  readonly keep: KeepOnDisk;
  /** Removes them, and those that are still being written. */
  drop(): void;
}

/** Gives each call what it keeps files with; every file has a name of its own. */
export function createKeeper({ folder, prefix }: WorkerFiles): () => KeptFiles {
  let count = 0;
  const keep: KeepOnDisk = async (content) => {
    const path = join(folder, `${prefix}${++count}`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await using file = await open(path, 'wx', 0o600);
      await file.writeFile(content instanceof Blob ? content.stream() : content);
    } catch (cause) {
      dropFiles([{ path }]);
      throw new ServiceError('SPOOL_FAILED', {}, { cause });
    }
    const size = content instanceof Blob ? content.size : content.byteLength;
    return { path, size, head: await headOf(content) };
  };
  return () => {
    const files: FileOnDisk[] = [];
    let isDropped = false;
    return {
      files,
      async keep(content) {
        const file = await keep(content);
        files.push(file);
        if (isDropped) dropFiles([file]);
        return file;
      },
      drop() {
        isDropped = true;
        dropFiles(files);
      },
    };
  };
}

async function headOf(content: Uint8Array | Blob): Promise<Uint8Array> {
  if (content instanceof Blob) return new Uint8Array(await content.slice(0, headBytes).arrayBuffer());
  return content.slice(0, headBytes);
}

/** Removes files that will not be given away. */
export function dropFiles(files: readonly Pick<FileOnDisk, 'path'>[]): void {
  for (const { path } of files) void rm(path, { force: true }).catch(() => {}); // the gateway removes it when this ends
}

/** Gets at a file that the gateway keeps until the call is over. */
export const openFile: OpenFile = async ({ path }, wanted) => {
  if (wanted === 'blob') return openAsBlob(path);
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return new Uint8Array(buffer, byteOffset, byteLength); // a Buffer would stay one
};
