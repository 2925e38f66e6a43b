/** Reads types again and again for a server that is reloaded: a process that keeps what it has parsed stands by. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fromRecord } from '../errors.ts';
import { readCache } from '../reflect/cache.ts';
import type { ReflectAnswer, ReflectRequest } from '../reflect/standing.ts';
import type { ReflectedModule } from '../spec/reflected.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { lackOfDescriptors } from './descriptors.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Reads the types of a file. */
export interface TypeReader {
  /**
   * @param onSource is told of every file that was read or looked for, also when the reading fails.
   * @throws ServiceError `TYPE_UNSUPPORTED` or `SOURCE_BROKEN` with file, line and remedy.
   */
  read(file: string, signal: AbortSignal, onSource: (source: SourceFile) => void): Promise<ReflectedModule>;
  /** Has the file parsed ahead of the first save. */
  warm(file: string): void;
  /** Ends the process. */
  close(): void;
}

interface Standing {
  readonly child: ChildProcess;
  readonly waiting: Map<number, PromiseWithResolvers<ReflectAnswer>>;
  isWarm: boolean;
}

/** Creates a reader; its process is started when the cache does not know the answer. */
export function createTypeReader(): TypeReader {
  let standing: Standing | undefined;
  let nextId = 1;

  const start = (): Standing => {
    const child = fork(fileURLToPath(import.meta.resolve('#reflect-standing')), {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const started: Standing = { child, waiting: new Map(), isWarm: false };
    child.on('message', (answer: ReflectAnswer) => {
      started.waiting.get(answer.id)?.resolve(answer);
      started.waiting.delete(answer.id);
    });
    const end = (how: string) => {
      if (standing === started) standing = undefined; // the next question starts another one
      const error = new Error(`the process that reads types ended with ${how} and without an answer`);
      for (const answer of started.waiting.values()) answer.reject(error);
      started.waiting.clear();
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, killedBy) => end(killedBy ?? `exit code ${code}`));
    return started;
  };

  const ask = async (file: string): Promise<ReflectAnswer> => {
    const lack = standing ? undefined : lackOfDescriptors();
    if (lack !== undefined) throw new Error(`the types of ${file} cannot be read: ${lack}`);
    standing ??= start();
    standing.isWarm = true;
    const request: ReflectRequest = { id: nextId++, file };
    const answer = Promise.withResolvers<ReflectAnswer>();
    standing.waiting.set(request.id, answer);
    // Without a line it ends, or has never been there, and says so itself.
    if (standing.child.connected) standing.child.send(request, (error) => error && answer.reject(error));
    return answer.promise;
  };

  return {
    async read(file, signal, onSource) {
      const cached = await readCache(file);
      if (cached) {
        for (const source of cached.sources) onSource(source);
        return cached.module;
      }
      const answer = await unlessAborted(ask(file), signal);
      for (const source of answer.sources) onSource(source);
      if ('error' in answer) throw fromRecord(answer.error);
      return answer.module;
    },
    warm(file) {
      if (!standing?.isWarm) ask(file).catch(() => {}); // what is wrong is said when somebody needs to know
    },
    close() {
      standing?.child.kill('SIGKILL');
    },
  };
}
