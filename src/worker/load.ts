/** Imports the author's file and finds the services in it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withVariable } from '../config/with-variable.ts';
import { ServiceError } from '../errors.ts';
import { isServiceClass } from '../sdk/decorator-data.ts';
import type { SchemaSource } from '../spec/service-spec.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { reportSources } from './report-sources.ts';

/** A service class and the name under which its file exports it. */
export interface LoadedService {
  readonly exportName: string;
  readonly serviceClass: new () => object;
}

/**
 * Imports a file, TypeScript or JavaScript, and gives the service classes it exports, each once.
 * @param onSource is told of every file that is loaded, now and later.
 */
export async function loadServices(
  file: string,
  tsconfig: string | undefined,
  onSource: ((source: SourceFile) => void) | undefined,
): Promise<LoadedService[]> {
  await registerTypeScript(file, tsconfig);
  if (onSource) reportSources(onSource);
  const found = new Map<new () => object, string>();
  for (const [exportName, value] of await exportsOf(file)) {
    // A default export is also known by its own name where it has one.
    if (isServiceClass(value) && (!found.has(value) || found.get(value) === 'default')) found.set(value, exportName);
  }
  return [...found].map(([serviceClass, exportName]) => ({ exportName, serviceClass }));
}

/**
 * Gets the schema that a parameter's type is inferred from.
 * @throws ServiceError `SERVICE_INVALID` if it is not there.
 */
export async function loadSchema({ file, path }: SchemaSource): Promise<unknown> {
  let at: unknown = Object.fromEntries(await exportsOf(file));
  for (const key of path) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  if (at !== undefined) return at;
  const problem = `${path.join('.')} of ${file} is undefined, but the type of a parameter is inferred from it; export the schema itself`;
  throw new ServiceError('SERVICE_INVALID', { problem });
}

/**
 * Loads packages as a file of the author's would find them.
 * @param others folders in which they are looked for next.
 */
export function packageLoader(
  file: string,
  others: readonly string[],
): (name: string) => Promise<Readonly<Record<string, unknown>>> {
  const find = (name: string, [from = file, ...next]: readonly string[]): string => {
    try {
      return createRequire(from).resolve(name);
    } catch (error) {
      if (next.length === 0) throw error;
      return find(name, next);
    }
  };
  const places = [file, ...others.map((folder) => join(folder, 'any.js'))]; // the file need not be there
  return async (name) => import(pathToFileURL(find(name, places)).href);
}

/** The exports of a file by name; those of a CommonJS module are found also where only running it shows them. */
async function exportsOf(file: string): Promise<(readonly [name: string, value: unknown])[]> {
  const { 'module.exports': _same, ...module } = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const { default: main } = module; // of CommonJS all that it exports, which newer versions of Node give twice
  const isBag = typeof main === 'object' && main !== null;
  const hidden = Object.entries(isBag ? Object.getOwnPropertyDescriptors(main) : {}).flatMap(([name, property]) =>
    'value' in property && !Object.hasOwn(module, name) ? [[name, property.value] as const] : [],
  );
  return [...Object.entries(module), ...hidden];
}

// Ours say that decorators are the standard ones, whatever the author's tsconfig says.
async function registerTypeScript(file: string, tsconfig: string | undefined): Promise<void> {
  if (!/\.[cm]?tsx?$/.test(file)) return;
  const { register } = await import('tsx/esm/api');
  register({ tsconfig: tsconfig ?? false });
  // Files that CommonJS requires are the business of another one. Node 22 alone cannot even `require` ES modules, such as
  // bentots, from a module that came through a loader: "request for './errors.js' is from a module not been linked".
  const { register: registerRequired } = await import('tsx/cjs/api');
  withVariable('TSX_TSCONFIG_PATH', tsconfig, () => registerRequired());
}
