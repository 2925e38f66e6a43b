/** Builds bentos for programs and for the command line: gives the build what describes a service, and its documents. */
import { realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findProjectFolder, readBentofile } from '../build/bentofile.ts';
import { type BuildStep, type BuildTools, buildBento } from '../build/build-bento.ts';
import { type BuildSettings, type Said, toBuildSettings } from '../build/build-settings.ts';
import { serverOptions } from '../config/options.ts';
import { type Description, describeTarget } from '../pool/generation.ts';
import { loaderTsconfig } from '../pool/loader-tsconfig.ts';
import { builtTarget } from '../pool/locate.ts';
import { findNamed, findTarget, type Target } from '../pool/target.ts';
import type { Image } from '../spec/image.ts';
import type { Bento } from '../store/bentos.ts';
import { type StoreOptions, toPlace } from '../store/open-options.ts';
import { toOpenApi } from './openapi.ts';
import { toSchemaDocument } from './schema-document.ts';

/** What can be said of a bento; files of the project that say it, too, are not read. */
export interface BuildOptions extends StoreOptions {
  /** File, `file:Class`, or the folder of the project. @default the working folder */
  readonly service?: string;
  /** @default made of the name of the service */
  readonly name?: string;
  /** @default a new one */
  readonly version?: string;
  /** The README: a text, or `file:` and a path in the project. @default the README.md of the project */
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string | number | boolean>>;
  /** Patterns of the files that belong to it, as in a `.gitignore`. @default ['*'] */
  readonly include?: readonly string[];
  /** Patterns of those that do not. @default [] */
  readonly exclude?: readonly string[];
  /** Tags of models of the store beside those that the service asks for. */
  readonly models?: readonly (string | { readonly tag: string; readonly alias?: string })[];
  /** Environment variables; the value of a secret is left to the environment. */
  readonly envs?: readonly {
    readonly name: string;
    readonly value?: string;
    /** @default 'all' */
    readonly stage?: 'all' | 'build' | 'runtime';
    /** @default false */
    readonly secret?: boolean;
  }[];
  /** What the service gets from `useArguments`; secrets are not kept. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** The OCI image. @default what the service says */
  readonly image?: Image;
  /** Is told what is being done. */
  readonly onStep?: (step: BuildStep) => void;
}

/** A bento that was built. */
export interface BuildResult {
  readonly bento: Bento;
  /** `sha256:…`, the same for the same input. */
  readonly digest: string;
  /** Sizes in bytes of its files by their paths. */
  readonly files: ReadonlyMap<string, number>;
}

/**
 * Builds a bento and puts it into the store, whole or not at all.
 *
 * @example
 * ```ts
 * const { bento, digest } = await build({ service: './service.ts', labels: { team: 'search' } });
 * console.log(`${bento.tag} is ${digest}`);
 * ```
 * @throws ServiceError with what to mend: `BUILD_FAILED`, `BENTOFILE_INVALID` for an option, `LOCKFILE_MISMATCH`,
 *   `MODEL_MISSING`, `STORE_ITEM_EXISTS`, and what loading a service raises, for example `SOURCE_BROKEN`.
 */
export async function build(options: BuildOptions = {}): Promise<BuildResult> {
  const { service = '.', version, onStep, home, onWarning, ...rows } = options;
  const place = () => 'build()';
  const said: Said = { kind: 'options', rows, placeOfKey: place, placeOfValue: place };
  const settings = toBuildSettings(said); // before anything is looked for
  return buildProject({
    target: service,
    settingsOf: () => settings,
    version,
    store: { ...(home === undefined ? {} : { home }), ...(onWarning === undefined ? {} : { onWarning }) },
    onStep: onStep ?? (() => {}),
  });
}

/** A build of whatever says what is built. */
export interface ProjectBuild {
  readonly target: string;
  /** @param folder absolute, of the project. */
  settingsOf(folder: string): BuildSettings;
  readonly version: string | undefined;
  readonly store: StoreOptions;
  onStep(step: BuildStep): void;
}

/** As {@link build}, with what `bentofile.yaml` and its like say. */
export function buildWithBentofile({
  bentofile,
  override,
  ...request
}: Omit<ProjectBuild, 'settingsOf'> & {
  readonly bentofile: string | undefined;
  override(settings: BuildSettings): BuildSettings;
}): Promise<BuildResult> {
  return buildProject({ ...request, settingsOf: (folder) => override(readBentofile(folder, bentofile)) });
}

async function buildProject({ target, settingsOf, version, store, onStep }: ProjectBuild): Promise<BuildResult> {
  const place = toPlace(store);
  const { folder, settings, found } = findProject(target, settingsOf);
  for (const warning of settings.warnings) place.warn(warning);
  const tools: BuildTools = {
    describe: (file, choice, context) => describe({ file, choice }, context, place.warn),
    describeBuilt: async (built, context) => describe(await builtTarget(built, dirname(found.file)), context, () => {}),
    toOpenApi,
    toSchemaDocument,
    tsconfigOf: loaderTsconfig,
  };
  const file = realpathSync(found.file);
  const request = { folder, file, choice: found.choice, settings, version, store: place, onStep, warn: place.warn };
  const { item, content } = await buildBento(request, tools);
  return { bento: item, digest: content.digest, files: content.sizes };
}

function describe(
  target: Target,
  { args, variables }: Parameters<BuildTools['describe']>[2],
  warn: (message: string) => void,
): Promise<Description> {
  return describeTarget({
    target,
    args,
    variables,
    niceness: serverOptions.niceness.default,
    signal: new AbortController().signal,
    log: (level, message) => {
      if (level !== 'debug' && level !== 'info') warn(message);
    },
  });
}

/** A folder is a project itself; a file is in one. */
function findProject(
  text: string,
  settingsOf: ProjectBuild['settingsOf'],
): { readonly folder: string; readonly settings: BuildSettings; readonly found: Target } {
  const path = resolve(text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const folder = realpathSync(path);
    const settings = settingsOf(folder);
    const { service } = settings;
    return { folder, settings, found: service === undefined ? findTarget('.', folder) : findNamed(service, folder) };
  }
  const found = findTarget(text, process.cwd());
  const folder = realpathSync(findProjectFolder(found.file));
  return { folder, settings: settingsOf(folder), found };
}
