/** Imports the author's file and finds the services in it. */
import { pathToFileURL } from 'node:url';
import { withVariable } from '../config/with-variable.ts';
import { isServiceClass } from '../sdk/decorator-data.ts';
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
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const found = new Map<new () => object, string>();
  for (const [exportName, value] of Object.entries(module)) {
    // A default export is also known by its own name where it has one.
    if (isServiceClass(value) && (!found.has(value) || found.get(value) === 'default')) found.set(value, exportName);
  }
  return [...found].map(([serviceClass, exportName]) => ({ exportName, serviceClass }));
}

// Ours say that decorators are the standard ones, whatever the author's tsconfig says.
async function registerTypeScript(file: string, tsconfig: string | undefined): Promise<void> {
  if (!/\.[cm]?tsx?$/.test(file)) return;
  const { register } = await import('tsx/esm/api');
  register({ tsconfig: tsconfig ?? false });
  if (Number.parseInt(process.versions.node, 10) < 24) await registerForRequire(tsconfig);
}

// Node 22 alone cannot `require` ES modules, such as bentots, from a CommonJS module that came through a loader:
// "request for './errors.js' is from a module not been linked".
async function registerForRequire(tsconfig: string | undefined): Promise<void> {
  const { register } = await import('tsx/cjs/api');
  withVariable('TSX_TSCONFIG_PATH', tsconfig, () => register());
}
