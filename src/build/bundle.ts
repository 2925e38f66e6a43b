/** Makes plain JavaScript of the author's modules: standard decorators lowered, packages left to be imported. */
import { readFile } from 'node:fs/promises';
import { extname, isAbsolute, join, posix, relative, sep } from 'node:path';
import type { BuildFailure, BuildOptions, Loader, Message, Plugin } from 'esbuild';
import { ServiceError } from '../errors.ts';

/** What is bundled. */
export interface BundleRequest {
  /** Absolute folder of the project; the bundle lies beside a copy of it, which is called `src`. */
  readonly folder: string;
  /** Absolute files by the name of the module that each becomes, without an ending; what they share is shared. */
  readonly entries: Readonly<Record<string, string>>;
  /** The author's, with standard decorators. */
  readonly tsconfig: string | undefined;
}

/** A file of the bundle. */
export interface BundledFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

/** The ending of bundled modules. */
export const bundledEnding = '.mjs';

// The oldest Node that runs bentots; decorators are lowered for every version.
const target = 'node22.22';

/** @throws ServiceError `BUILD_FAILED` with file, line and what is wrong. */
export async function bundle({ folder, entries, tsconfig }: BundleRequest): Promise<readonly BundledFile[]> {
  const { build } = await loadEsbuild(folder);
  const outdir = join(folder, outName);
  const options = {
    entryPoints: entries,
    absWorkingDir: folder,
    outdir,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target,
    keepNames: true, // the name of the class is that of the service
    outExtension: { '.js': bundledEnding },
    chunkNames: 'shared-[hash]', // beside the entries, so that all of them see the same folders
    assetNames: '[name]-[hash]',
    sourcemap: true,
    sourcesContent: false, // they are in the bento
    loader: { '.node': 'copy' },
    define: Object.fromEntries(placeNames.map(([said, name]) => [said, name])),
    banner: { js: banner },
    plugins: [leavePackages, keepPlaces(folder)],
    logLevel: 'silent',
    ...(tsconfig === undefined ? {} : { tsconfig }),
  } satisfies BuildOptions;
  const { outputFiles } = await build(options).catch((cause: BuildFailure) => {
    const [first] = cause.errors ?? [];
    const problem = first ? toSentence(first, folder) : String(cause.message);
    throw new ServiceError('BUILD_FAILED', { folder, problem }, { cause });
  });
  return outputFiles.map(({ path, contents }) => ({
    name: relative(outdir, path),
    contents: path.endsWith('.map') ? toSourceMap(contents, outdir, folder) : contents,
  }));
}

const outName = '.bentots-bundle'; // no such folder is written

async function loadEsbuild(folder: string): Promise<typeof import('esbuild')> {
  try {
    return await import('esbuild');
  } catch (cause) {
    const problem = 'esbuild is not installed here; it comes with bentots, but for OCI images, which build nothing';
    throw new ServiceError('BUILD_FAILED', { folder, problem }, { cause });
  }
}

/**
 * Leaves packages to be imported where the bento runs. What a link in `node_modules` leads to elsewhere is the author's
 * own code, of a workspace, and comes with the rest.
 */
const leavePackages: Plugin = {
  name: 'leave packages',
  setup({ onResolve, resolve }) {
    const asked = Symbol('asked');
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === asked || from.kind === 'entry-point' || isAbsolute(path)) return undefined;
      const external = { path, external: true };
      if (path === 'bentots' || path.startsWith('bentots/') || path.startsWith('node:')) return external;
      const { importer, namespace, resolveDir, kind } = from;
      const found = await resolve(path, { importer, namespace, resolveDir, kind, pluginData: asked });
      // What is not installed was imported nevertheless, in a `try`, or the service could not have been described.
      if (found.errors.length > 0 || found.external) return external;
      const inPackage = found.path
        .split(sep)
        .join('/')
        .includes(`/node_modules/${packageOf(path)}/`);
      return inPackage ? external : { path: found.path, namespace: found.namespace };
    });
  },
};

const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

// Where a module lies: in the bento that is where its source lies.
const placeNames = [
  ['import.meta.url', '__bentots_url'],
  ['import.meta.filename', '__bentots_filename'],
  ['import.meta.dirname', '__bentots_dirname'],
  ['__filename', '__bentots_filename'],
  ['__dirname', '__bentots_dirname'],
] as const;

const banner = `import { createRequire as __bentots_createRequire } from 'node:module';
import { fileURLToPath as __bentots_path } from 'node:url';
const __bentots_here = import.meta.url, require = __bentots_createRequire(__bentots_here);`;

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx', '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx',
}; // biome-ignore format: a table reads as a table

/** Has a module that asks where it lies hear where its source lies. */
function keepPlaces(folder: string): Plugin {
  return {
    name: 'keep places',
    setup({ onLoad }) {
      onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!/import\.meta|__filename|__dirname/.test(text)) return undefined;
        const place = `../src/${toSlashes(relative(folder, path)).split('/').map(encodeURIComponent).join('/')}`;
        const head =
          `const __bentots_url = /* @__PURE__ */ new URL(${JSON.stringify(place)}, __bentots_here).href, ` +
          '__bentots_filename = /* @__PURE__ */ __bentots_path(__bentots_url), ' +
          "__bentots_dirname = /* @__PURE__ */ __bentots_path(/* @__PURE__ */ new URL('.', __bentots_url)).replace(/(?<=.)[\\\\/]$/, '');";
        // On the first line, so that all keep their numbers.
        return { contents: `${head}${text.replace(/^#!/, '//')}`, loader: loaders[extname(path)] ?? 'js' };
      });
    },
  };
}

/** Names the sources as they lie in the bento; what lies outside of the project is not in it. */
function toSourceMap(contents: Uint8Array, outdir: string, folder: string): Uint8Array {
  const map = JSON.parse(Buffer.from(contents).toString('utf8')) as { sources: readonly string[] };
  const sources = map.sources.map((source) => {
    const path = toSlashes(relative(folder, join(outdir, source)));
    return `../src/${path.replace(/^(?:\.\.\/)+/, 'outside/')}`;
  });
  return Buffer.from(JSON.stringify({ ...map, sources }));
}

function toSentence({ text, location }: Message, folder: string): string {
  if (!location) return text;
  const { file, line, column } = location;
  return `${isAbsolute(file) ? file : join(folder, file)}:${line}:${column + 1}: ${text}`;
}

const toSlashes = (path: string) => path.split(sep).join(posix.sep);
