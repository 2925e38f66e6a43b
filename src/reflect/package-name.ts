/** Says which package a file belongs to. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Gives a function that finds the name of the package that holds a file: that of the nearest `package.json` with a
 * name. It remembers the folders that it has seen, so one is made for each reflection.
 */
export function createPackageNames(): (file: string) => string | undefined {
  const seen = new Map<string, string | undefined>();
  const nameOf = (folder: string): string | undefined => {
    if (seen.has(folder)) return seen.get(folder);
    const parent = dirname(folder);
    const name = readName(join(folder, 'package.json')) ?? (parent === folder ? undefined : nameOf(parent));
    seen.set(folder, name);
    return name;
  };
  return (file) => nameOf(dirname(file));
}

function readName(manifest: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    const name = typeof parsed === 'object' && parsed !== null && 'name' in parsed ? parsed.name : undefined;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // no manifest here, or one that belongs to something unfinished: look further up
  }
}
