/** Keeps in files what is too large for memory: what callers send, and what workers give. */
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { FileOnDisk } from '../io/file-content.ts';
import type { WorkerFiles } from '../spec/messages.ts';
import { keepFresh, nameOwnFolder, removeLeftovers } from '../store/leftover.ts';

/** A folder of one gateway alone, which is there as soon as something is put into it. */
export interface Spool {
  /**
   * Where one more file can be written.
   * @throws ServiceError `SPOOL_FAILED`
   */
  place(): string;
  /** The share of one worker. */
  ofWorker(): WorkerSpool;
  read(file: FileOnDisk): Promise<Uint8Array<ArrayBuffer>>;
  /** Keeps files for one more who needs them, until that one removes them, too. */
  hold(files: readonly Pick<FileOnDisk, 'path'>[]): void;
  /** Removes files that nobody needs any more, once all who hold them have said so. */
  remove(files: readonly Pick<FileOnDisk, 'path'>[]): void;
  /** Removes everything. */
  close(): Promise<void>;
}

/** Where a worker puts files, which are its own until they are claimed. */
export interface WorkerSpool {
  /** What the worker has to know. */
  readonly place: WorkerFiles;
  /**
   * Takes over files that the worker gave away.
   * @throws Error if they are none of its own.
   */
  claim(files: readonly FileOnDisk[]): void;
  /** Removes what it left, once it has ended. */
  sweep(): Promise<void>;
}

const prefix = 'bentots-files';

/** Makes the spool of this process; what others left that were killed is removed meanwhile. */
export function createSpool(): Spool {
  const folder = join(tmpdir(), nameOwnFolder(prefix));
  const letGo = keepFresh(folder);
  const swept = removeLeftovers(prefix, tmpdir(), Date.now()).catch(() => {}); // of others: what cannot be removed stays
  const claimed = new Set<string>();
  const holders = new Map<string, number>(); // of each file: those beside its first owner
  let isMade = false;
  let count = 0;
  let workers = 0;

  const remove = (path: string) => rm(path, { force: true }).catch(() => {}); // goes with the folder, then
  /** Takes one holder away; false if there is none. */
  const unhold = (path: string): boolean => {
    const count = holders.get(path) ?? 0;
    if (count > 1) holders.set(path, count - 1);
    else holders.delete(path);
    return count > 0;
  };

  return {
    place() {
      if (!isMade) make(folder);
      isMade = true;
      return join(folder, String(++count));
    },
    ofWorker() {
      const place = { folder, prefix: `worker${++workers}-` };
      const isOwn = ({ path }: FileOnDisk) => dirname(path) === folder && basename(path).startsWith(place.prefix);
      return {
        place,
        claim(files) {
          const foreign = files.find((file) => !isOwn(file));
          if (foreign) throw new Error(`it gave the file ${foreign.path}, which is none of its own`);
          for (const { path } of files) claimed.add(path);
        },
        async sweep() {
          const names = await readdir(folder).catch(() => []); // there is none before the first file
          const left = names.filter((name) => name.startsWith(place.prefix)).map((name) => join(folder, name));
          await Promise.all(left.filter((path) => !claimed.has(path)).map(remove));
        },
      };
    },
    async read({ path }) {
      const { buffer, byteOffset, byteLength } = await readFile(path);
      return new Uint8Array(buffer, byteOffset, byteLength); // a Buffer would stay one
    },
    hold(files) {
      for (const { path } of files) holders.set(path, (holders.get(path) ?? 0) + 1);
    },
    remove(files) {
      for (const { path } of files) if (!unhold(path)) void remove(path).then(() => claimed.delete(path));
    },
    async close() {
      letGo();
      await swept;
      await rm(folder, { recursive: true, force: true }).catch(() => {}); // the next server tries again
    },
  };
}

/** Nobody else may read what callers send. */
function make(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 }); // a worker may have made it
  } catch (cause) {
    throw new ServiceError('SPOOL_FAILED', {}, { cause });
  }
}
