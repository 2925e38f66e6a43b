/** Reads the lockfiles of npm, pnpm and yarn, as far as they say what was asked for when they were written. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';

export type Rows = Readonly<Record<string, unknown>>;

/** A lockfile. */
export interface Lock {
  /** Paths of the packages that it is of, from its folder with slashes; empty for the one beside it. */
  readonly projects: readonly string[];
  /** What one of them wants and the lockfile does not know of, or the other way round, in words. */
  findMismatch(wanted: ReadonlyMap<string, string>, project: string): string | undefined;
}

const sections = ['dependencies', 'devDependencies', 'optionalDependencies'];

/** @see https://docs.npmjs.com/cli/configuring-npm/package-lock-json */
export function readNpmLock(text: string): Lock {
  const { packages, lockfileVersion } = JSON.parse(text) as Rows;
  if (!isRows(packages)) {
    return {
      projects: [''],
      findMismatch: () => `it is of version ${lockfileVersion}, which does not say what was asked for`,
    };
  }
  const projects = Object.keys(packages).filter((path) => !/(?:^|\/)node_modules\//.test(path));
  return {
    projects,
    findMismatch: (wanted, project) => compare(wanted, wantedIn(rowsOf(packages, project))),
  };
}

/** @see https://github.com/pnpm/spec/blob/master/lockfile/9.0.md and those before it */
export function readPnpmLock(text: string): Lock {
  const document = parseYaml(text) as Rows;
  const importers = isRows(document.importers) ? document.importers : { '.': document };
  return {
    projects: Object.keys(importers).map((path) => (path === '.' ? '' : path)),
    findMismatch(wanted, project) {
      const importer = rowsOf(importers, project === '' ? '.' : project);
      if (isRows(importer.specifiers)) return compare(wanted, textsOf(importer.specifiers)); // before version 6
      return compare(
        wanted,
        wantedIn(importer, (entry) => (isRows(entry) ? entry.specifier : entry)),
      );
    },
  };
}

/** Of version 1, and those of Yarn 2 and later, which are YAML. */
export function readYarnLock(text: string, root: string): Lock {
  const entries = new Set(
    text.split('\n').flatMap((line) => {
      const [, heads] = /^([^\s#].*):$/.exec(line.trimEnd()) ?? [];
      return heads === undefined ? [] : heads.replaceAll('"', '').split(/,\s*/);
    }),
  );
  const workspaces = [...entries].flatMap((entry) => /@workspace:(?!\*|\^|~)(.+)$/.exec(entry)?.[1] ?? []);
  return {
    projects: ['', ...workspaces.filter((path) => path !== '.' && existsSync(join(root, path)))],
    findMismatch(wanted) {
      for (const [name, range] of wanted) {
        const isLocal = /^(?:workspace|link|portal|file):/.test(range);
        if (isLocal || entries.has(`${name}@${range}`) || entries.has(`${name}@npm:${range}`)) continue;
        return `it has no ${name}@${range}, which is asked for`;
      }
      return undefined;
    },
  };
}

/** A part of a document; an empty one where it is missing. */
function rowsOf(rows: Rows, key: string): Rows {
  const value = rows[key];
  return isRows(value) ? value : {};
}

/** What a manifest, or the part of a lockfile that repeats it, asks for: wanted versions by the name of the package. */
export function wantedIn(
  rows: Rows,
  rangeOf: (entry: unknown) => unknown = (entry) => entry,
): ReadonlyMap<string, string> {
  return new Map(
    sections.flatMap((section) =>
      Object.entries(rowsOf(rows, section)).map(([name, entry]) => [name, String(rangeOf(entry))] as const),
    ),
  );
}

const textsOf = (rows: Rows) => new Map(Object.entries(rows).map(([key, value]) => [key, String(value)]));

function compare(wanted: ReadonlyMap<string, string>, locked: ReadonlyMap<string, string>): string | undefined {
  for (const [name, range] of wanted) {
    const seen = locked.get(name);
    if (seen === undefined) return `it has no ${name}, of which ${range} is asked for`;
    if (seen !== range) return `it has ${name} for ${seen}, but ${range} is asked for`;
  }
  for (const name of locked.keys()) if (!wanted.has(name)) return `it has ${name}, which is no longer asked for`;
  return undefined;
}

function isRows(value: unknown): value is Rows {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
