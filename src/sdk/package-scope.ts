/** Finds the manifest of the package that a folder belongs to, as Node does. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A package's own folder and what its `package.json` says. */
export interface PackageScope {
  readonly folder: string;
  /** Empty if it cannot be read. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** The nearest `package.json` from a folder upward; `undefined` if there is none. */
export function findPackageScope(start: string): PackageScope | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const text = readText(join(folder, 'package.json'));
    if (text !== undefined) return { folder, manifest: parse(text) };
    if (dirname(folder) === folder) return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // there is none, or it is not for us to read
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {}; // whoever needs it says so
  }
}
