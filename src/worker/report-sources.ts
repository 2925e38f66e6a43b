/** Tells which files this process loads as code, and which it looks for in vain. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from '../spec/source-file.ts';

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];

/**
 * Watches what is imported and required from now on. Register it after loaders: it then sees what they have decided.
 * What lies in `node_modules` is not told, since it changes with the lockfile.
 */
export function reportSources(tell: (source: SourceFile) => void): void {
  const told = new Set<string>();
  const tellOnce = (file: string | undefined, sha256: (file: string) => string | undefined) => {
    if (file === undefined || told.has(file) || /[\\/]node_modules[\\/]/.test(file)) return;
    told.add(file);
    tell({ file, sha256: sha256(file) });
  };
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const asked = toPath(specifier, context.parentURL);
      try {
        const found = nextResolve(specifier, context);
        // A link: when it leads elsewhere, the code is another one.
        if (asked !== undefined && asked !== toPath(found.url) && isFile(asked)) tellOnce(asked, hashOf);
        return found;
      } catch (error) {
        for (const file of asked === undefined ? [] : namesOf(asked)) tellOnce(file, () => undefined);
        throw error;
      }
    },
    load(url, context, nextLoad) {
      tellOnce(toPath(url), hashOf); // first the hash: should the file change in between, it is older than what is loaded
      return nextLoad(url, context);
    },
  });
}

/** Path of what is named by place and not by package; undefined for anything else. */
function toPath(specifier: string, parent?: string): string | undefined {
  if (!/^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) return undefined;
  const url = URL.parse(specifier, parent);
  return url?.protocol === 'file:' ? fileURLToPath(url) : undefined;
}

/** What an import of that path could have meant. */
function namesOf(path: string): readonly string[] {
  const stem = path.replace(/\.[cm]?jsx?$/, '');
  return [path, ...extensions.flatMap((extension) => [`${stem}${extension}`, `${path}/index${extension}`])];
}

function hashOf(file: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return undefined; // whoever loads it says what is wrong
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
