/** Reads what a project says about its bento: `bentofile.yaml`, else the key `"bentots"` of its package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { nearest } from '../config/nearest.ts';
import { ServiceError } from '../errors.ts';

/** What a project says about its bento. */
export interface Bentofile {
  /** Patterns of the files that belong to it, as in a `.gitignore`; undefined where nothing is said. */
  readonly include: readonly string[] | undefined;
  /** Patterns of the files that do not, although they are included. */
  readonly exclude: readonly string[];
}

export const bentofileName = 'bentofile.yaml';

// What BentoML's has: the same file may serve a Python service, too.
const knownKeys = [
  'service', 'name', 'description', 'labels', 'include', 'exclude', 'docker', 'python', 'conda', 'models', 'envs', 'args',
]; // biome-ignore format: a list reads as a list

/** The folder whose bentofile holds for a file: the nearest with a bentofile or a package.json, else the file's own. */
export function findProjectFolder(file: string): string {
  const own = dirname(resolve(file));
  for (let at = own; ; at = dirname(at)) {
    if (existsSync(join(at, bentofileName)) || existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return own;
  }
}

/**
 * Reads the bentofile of a folder; a project that has none says nothing.
 * @throws ServiceError `BENTOFILE_INVALID` naming file and line.
 */
export function readBentofile(folder: string): Bentofile {
  const yaml = readText(join(folder, bentofileName));
  if (yaml !== undefined) return fromYaml(yaml, join(folder, bentofileName));
  const manifest = join(folder, 'package.json');
  const json = readText(manifest);
  return json === undefined ? { include: undefined, exclude: [] } : fromManifest(json, manifest);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ServiceError('BENTOFILE_INVALID', { place: path, problem: (cause as Error).message }, { cause });
  }
}

function fromYaml(text: string, file: string): Bentofile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset = 0) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw invalid(placeOf(broken.pos[0]), `it is no valid YAML: ${broken.message}`);
  const { contents } = document;
  if (contents === null) return { include: undefined, exclude: [] };
  if (!isMap(contents)) throw invalid(placeOf(), 'it must be a map of keys and values, such as: include: ["data/**"]');
  for (const { key } of contents.items) {
    const name = String(isScalar(key) ? key.value : key);
    if (knownKeys.includes(name)) continue;
    const guess = nearest(name, knownKeys);
    const remedy = guess === undefined ? `there are ${knownKeys.join(', ')}` : `did you mean "${guess}"?`;
    throw invalid(placeOf(isScalar(key) ? key.range?.[0] : 0), `"${name}" is no key of a bentofile; ${remedy}`);
  }
  const placeOfKey = (name: string) => placeOf(contents.get(name, true)?.range?.[0]);
  const said = document.toJS() as Readonly<Record<string, unknown>>; // a map
  return {
    include: readPatterns(said, 'include', placeOfKey),
    exclude: readPatterns(said, 'exclude', placeOfKey) ?? [],
  };
}

function fromManifest(text: string, file: string): Bentofile {
  let manifest: { readonly bentots?: unknown } | null;
  try {
    manifest = JSON.parse(text) as typeof manifest;
  } catch (cause) {
    throw new ServiceError(
      'BENTOFILE_INVALID',
      { place: file, problem: `it is no valid JSON (${(cause as Error).message}); mend it` },
      { cause },
    );
  }
  const said = manifest?.bentots ?? {};
  if (typeof said !== 'object') throw invalid(file, '"bentots" must be an object, such as { "include": ["data/**"] }');
  const rows = said as Readonly<Record<string, unknown>>;
  const place = () => `${file}, "bentots"`;
  return { include: readPatterns(rows, 'include', place), exclude: readPatterns(rows, 'exclude', place) ?? [] };
}

function readPatterns(
  said: Readonly<Record<string, unknown>>,
  name: 'include' | 'exclude',
  placeOf: (name: string) => string,
): readonly string[] | undefined {
  const value = said[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((pattern) => typeof pattern === 'string')) {
    const seen = Array.isArray(value) ? 'a list with something else in it' : JSON.stringify(value);
    throw invalid(placeOf(name), `${name} must be a list of patterns, such as ["data/**"], but is ${seen}`);
  }
  const outside = value.find((pattern) => pattern.startsWith('../'));
  if (outside === undefined) return value;
  throw invalid(
    placeOf(name),
    `"${outside}" leads out of the project; ${name} is about files beside and below this one`,
  );
}

function invalid(place: string, problem: string): ServiceError<'BENTOFILE_INVALID'> {
  return new ServiceError('BENTOFILE_INVALID', { place, problem });
}
