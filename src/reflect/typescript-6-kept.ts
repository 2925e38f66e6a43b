/** Keeps what the compiler has parsed for the next program: most of it is the language's and the packages' declarations. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type ts from 'typescript';

/** Parsed files by what decides how they are parsed; only this file looks inside. */
export type KeptFiles = Map<string, unknown>;

interface KeptFile {
  readonly version: string;
  readonly parsed: ts.SourceFile;
}

/**
 * Makes a compiler host take what it has parsed before, where that is still what the file says.
 * @param hashOf reads a file and gives the hash of its content.
 */
export function keepParsed(
  host: ts.CompilerHost,
  options: ts.CompilerOptions,
  kept: KeptFiles,
  hashOf: (file: string) => string | undefined,
): void {
  const parse = host.getSourceFile.bind(host);
  const settings = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  host.getSourceFile = (file, how, ...rest) => {
    const version = isInstalled(file) ? stampOf(file) : hashOf(file);
    if (version === undefined) return parse(file, how, ...rest); // not there
    const key = `${settings} ${JSON.stringify(how)} ${file}`;
    const before = kept.get(key) as KeptFile | undefined; // put there below
    if (before?.version === version) return before.parsed;
    const parsed = parse(file, how, ...rest);
    if (parsed) kept.set(key, { version, parsed } satisfies KeptFile);
    return parsed;
  };
}

// The files of packages are many, large, and replaced rather than edited.
function isInstalled(file: string): boolean {
  return file.includes('/node_modules/');
}

function stampOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.size} ${stats.mtimeMs} ${stats.ino}`;
}
