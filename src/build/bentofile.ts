/** Reads what a project says about its bento: `bentofile.yaml`, else `"bentots"` in package.json, else pyproject.toml. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { parse as parseToml, TomlError } from 'smol-toml';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { ServiceError } from '../errors.ts';
import { type BuildSettings, noSettings, type Said, toBuildSettings } from './build-settings.ts';

export const bentofileName = 'bentofile.yaml';
const manifestName = 'package.json';
const pyprojectName = 'pyproject.toml';

/** The folder whose bentofile holds for a file: the nearest with a bentofile or a package.json, else the file's own. */
export function findProjectFolder(file: string): string {
  const own = dirname(resolve(file));
  for (let at = own; ; at = dirname(at)) {
    if (existsSync(join(at, bentofileName)) || existsSync(join(at, manifestName))) return at;
    if (dirname(at) === at) return own;
  }
}

/**
 * Reads the bentofile of a folder: the first of the three that says anything, whole; they are not merged. A project that
 * has none says nothing.
 *
 * @param file another one, whatever its name.
 * @throws ServiceError `BENTOFILE_INVALID` naming file and line.
 */
export function readBentofile(folder: string, file?: string): BuildSettings {
  if (file !== undefined) return readNamed(resolve(file));
  for (const [name, toSaid] of [
    [bentofileName, fromYaml],
    [manifestName, fromManifest],
    [pyprojectName, fromPyproject],
  ] as const) {
    const text = readText(join(folder, name));
    const said = text === undefined ? undefined : toSaid(text, join(folder, name));
    if (said) return toBuildSettings(said);
  }
  return noSettings;
}

function readNamed(file: string): BuildSettings {
  const text = readText(file);
  if (text === undefined) throw invalid(file, 'there is no such file; check the path');
  const toSaid = basename(file) === pyprojectName ? fromPyproject : extname(file) === '.json' ? fromManifest : fromYaml;
  const said = toSaid(text, file);
  return said ? toBuildSettings(said) : noSettings;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ServiceError('BENTOFILE_INVALID', { place: path, problem: (cause as Error).message }, { cause });
  }
}

function fromYaml(text: string, file: string): Said | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset = 0) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw invalid(placeOf(broken.pos[0]), `it is no valid YAML: ${broken.message}`);
  const { contents } = document;
  if (contents === null) return { kind: 'bentofile', rows: {}, placeOfKey: () => file, placeOfValue: () => file };
  if (!isMap(contents)) throw invalid(placeOf(), 'it must be a map of keys and values, such as: include: ["data/**"]');
  const keys = new Map(
    contents.items.map(({ key }) => [
      String(isScalar(key) ? key.value : key),
      isScalar(key) ? key.range?.[0] : undefined,
    ]),
  );
  return {
    kind: 'bentofile',
    rows: document.toJS() as Readonly<Record<string, unknown>>, // a map
    placeOfKey: (name) => placeOf(keys.get(name)),
    placeOfValue: (name) => placeOf(contents.get(name, true)?.range?.[0]),
  };
}

function fromManifest(text: string, file: string): Said | undefined {
  let manifest: { readonly bentots?: unknown } | null;
  try {
    manifest = JSON.parse(text) as typeof manifest;
  } catch (cause) {
    throw invalid(file, `it is no valid JSON (${(cause as Error).message}); mend it`, cause);
  }
  const said = manifest?.bentots ?? undefined;
  if (said === undefined) return undefined;
  if (!isRows(said)) throw invalid(file, '"bentots" must be an object, such as { "include": ["data/**"] }');
  const place = () => `${file}, "bentots"`;
  return { kind: 'manifest', rows: said, placeOfKey: place, placeOfValue: place };
}

/** What is said there of Python's packages belongs to the build, too. */
function fromPyproject(text: string, file: string): Said | undefined {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parseToml(text);
  } catch (cause) {
    const place = cause instanceof TomlError ? `${file}:${cause.line}:${cause.column}` : file;
    throw invalid(place, `it is no valid TOML: ${firstLine((cause as Error).message)}`, cause);
  }
  const tool = isRows(document.tool) ? document.tool.bentoml : undefined;
  const said = isRows(tool) ? tool.build : undefined;
  if (said === undefined) return undefined;
  if (!isRows(said)) throw invalid(`${file}, [tool.bentoml]`, 'build must be a table: [tool.bentoml.build]');
  const place = () => `${file}, [tool.bentoml.build]`;
  const project = isRows(document.project) ? document.project : {};
  const name = said.name ?? project.name;
  return {
    kind: 'bentofile',
    rows: { ...said, ...(name === undefined ? {} : { name }) },
    placeOfKey: place,
    placeOfValue: place,
  };
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

function isRows(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(place: string, problem: string, cause?: unknown): ServiceError<'BENTOFILE_INVALID'> {
  return new ServiceError('BENTOFILE_INVALID', { place, problem }, { cause });
}
