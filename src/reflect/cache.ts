/** Remembers what reflection found for as long as what it read stays the same; never loads the compiler. */
import { createHash, randomUUID } from 'node:crypto';
import { constants, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import type { ReflectedModule } from '../spec/reflected.ts';
import { cacheFolderFor, isTrusted, openCacheFolder } from './cache-folder.ts';
import type { SourceText } from './compiler.ts';
import type { Reflection } from './reflect.ts';
import { isReflectedModule } from './reflected-shape.ts';
import { findLockfile, findTsconfig } from './tsconfig.ts';

/** Changes when the document does, or what reflection makes of the same types. */
const format = 2;
const maxBytes = 64 * 1024 * 1024; // far above any source; a cache that names a device must not fill the memory
const maxSources = 20_000;
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0); // Windows has no such flag and no such pipes

interface CacheDocument {
  readonly format: number;
  readonly bentots: string;
  readonly typescript: string;
  /** The author's own sources and tsconfig files. */
  readonly sources: readonly SourceText[];
  readonly tsconfig: string | null;
  readonly lockfile: SourceText | null;
  /** Of `module`: finds a document that was cut or edited. */
  readonly checksum: string;
  readonly module: ReflectedModule;
}

/** Path of the cache for a file; the folder need not exist. */
export function cacheFileFor(file: string): string {
  const path = resolve(file);
  return join(cacheFolderFor(path).path, `types-${basename(path)}-${hash(path).slice(0, 16)}.json`);
}

/**
 * What reflection found the last time, if nothing that it read has changed since; `undefined` otherwise. A cache that
 * is damaged, or was written by someone else, counts as none.
 */
export async function loadCached(file: string): Promise<ReflectedModule | undefined> {
  return (await readCache(file))?.module;
}

/** As `loadCached`, with the files that the answer depends on. */
export async function readCache(
  file: string,
): Promise<{ readonly module: ReflectedModule; readonly sources: readonly SourceText[] } | undefined> {
  const entry = resolve(file);
  if (!isTrusted(cacheFolderFor(entry))) return undefined;
  const bytes = await readSmall(cacheFileFor(entry));
  const document = bytes && parseDocument(bytes);
  if (!document || document.module.file !== entry) return undefined;
  if (document.format !== format) return undefined;
  const { bentots, typescript } = versions();
  if (document.bentots !== bentots || document.typescript !== typescript) return undefined;
  if (document.tsconfig !== (findTsconfig(entry) ?? null)) return undefined;
  if ((document.lockfile?.file ?? null) !== (findLockfile(entry) ?? null)) return undefined;
  if (!document.sources.some((source) => source.file === entry)) return undefined;
  const inputs = document.lockfile ? [...document.sources, document.lockfile] : document.sources;
  const same = await Promise.all(inputs.map(isUnchanged));
  return same.every(Boolean) ? { module: document.module, sources: inputs } : undefined;
}

/** Writes a reflection down, whole or not at all; false if there is no place that can be written. */
export function saveCache(cacheFile: string, { module, sources, configs }: Reflection): boolean {
  const folder = cacheFolderFor(module.file);
  const isOurPlace = resolve(cacheFile) === cacheFileFor(module.file);
  if (isOurPlace && !openCacheFolder(folder)) return false;
  const lockfile = findLockfile(module.file);
  const document: CacheDocument = {
    format,
    ...versions(),
    sources: [...sources, ...configs],
    tsconfig: findTsconfig(module.file) ?? null,
    lockfile: lockfile === undefined ? null : { file: lockfile, sha256: hash(readFileSync(lockfile)) },
    checksum: checksum(module),
    module,
  };
  const temporary = `${cacheFile}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, JSON.stringify(document), { flag: 'wx', mode: 0o600 });
    renameSync(temporary, cacheFile);
    return true;
  } catch {
    rmSync(temporary, { force: true }); // a full or read-only disk: the next start reflects again
    return false;
  }
}

async function isUnchanged({ file, sha256 }: SourceText): Promise<boolean> {
  const bytes = await readSmall(file);
  return bytes !== undefined && hash(bytes) === sha256;
}

/** Opens without waiting: the name may have become that of a pipe. */
async function readSmall(path: string): Promise<Buffer | undefined> {
  try {
    await using handle = await open(path, readFlags);
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= maxBytes ? await handle.readFile() : undefined;
  } catch {
    return undefined; // missing or unreadable means changed
  }
}

function parseDocument(bytes: Buffer): CacheDocument | undefined {
  try {
    const document: unknown = JSON.parse(bytes.toString('utf8'));
    return isDocument(document) && document.checksum === checksum(document.module) ? document : undefined;
  } catch {
    return undefined; // cut short, damaged, or nested deeper than anything that we write
  }
}

function isDocument(value: unknown): value is CacheDocument {
  if (typeof value !== 'object' || value === null) return false;
  const { format, bentots, typescript, sources, tsconfig, lockfile, checksum, module } =
    value as Partial<CacheDocument>;
  return (
    typeof format === 'number' &&
    typeof bentots === 'string' &&
    typeof typescript === 'string' &&
    Array.isArray(sources) &&
    sources.length <= maxSources &&
    sources.every(isSource) &&
    (tsconfig === null || typeof tsconfig === 'string') &&
    (lockfile === null || isSource(lockfile)) &&
    typeof checksum === 'string' &&
    isReflectedModule(module)
  );
}

function isSource(value: unknown): value is SourceText {
  if (typeof value !== 'object' || value === null) return false;
  const { file, sha256 } = value as Partial<SourceText>;
  return typeof file === 'string' && typeof sha256 === 'string';
}

function versions(): { readonly bentots: string; readonly typescript: string } {
  const load = createRequire(import.meta.url);
  const versionOf = (manifest: string) => {
    try {
      return (load(manifest) as { version: string }).version; // a manifest has one
    } catch {
      return 'none'; // an OCI image has no compiler
    }
  };
  return {
    bentots: `${versionOf('../../package.json')}+${thisBuild()}`,
    typescript: versionOf('typescript/package.json'),
  };
}

/** Who works on bentots changes this folder many times under one version. */
function thisBuild(): string {
  const stats = readdirSync(import.meta.dirname).map(
    (name) => [name, statSync(join(import.meta.dirname, name))] as const,
  );
  return hash(JSON.stringify(stats.map(([name, { size, mtimeMs }]) => [name, size, mtimeMs]))).slice(0, 12);
}

function checksum(module: ReflectedModule): string {
  return hash(JSON.stringify(module));
}

function hash(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
