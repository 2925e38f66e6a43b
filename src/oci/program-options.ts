/** The words that builders take: what we say, in the way of each, and what the user says beside it. */
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { ImageRequest, Progress } from './builder.ts';

/** What a builder is given. */
export interface BuildWords {
  readonly request: ImageRequest;
  /** Absolute folder of the context, with the Dockerfile. */
  readonly folder: string;
  readonly dockerfile: string;
  /** File that gets the digest. */
  readonly digestFile: string;
  /** Files with secrets, by the name of the variable. */
  readonly secretFiles: ReadonlyMap<string, string>;
}

/** How the options of a builder differ from those of Docker. */
export interface WordStyle {
  /** What it calls ways to show progress; undefined if it knows none but quiet. */
  readonly hasProgress: boolean;
  /** Whether several platforms need a list of manifests, which has a name of its own. */
  readonly hasManifestLists: boolean;
}

// What is said in another way, which is the one that is checked.
const reserved: Readonly<Record<string, string>> = {
  file: 'left out: the Dockerfile is made of the bento',
  tag: 'given with -t',
  t: 'given with -t',
  f: 'left out: the Dockerfile is made of the bento',
  platform: 'given with --platform',
  push: 'given as --push',
  progress: 'given with --progress',
  iidfile: 'left out: the digest is printed',
};

/** @throws ServiceError `OPTION_INVALID` */
export function assertOptions(options: ImageRequest['options'], where: string): void {
  for (const name of options.keys()) {
    const wanted = Object.hasOwn(reserved, name)
      ? reserved[name]
      : 'made of small letters, digits and "-", as the builder calls its option';
    if (Object.hasOwn(reserved, name) || !/^[a-z][a-z0-9-]*$/.test(name))
      throw new ServiceError('OPTION_INVALID', {
        where,
        name: '--opt',
        seen: JSON.stringify(name),
        wanted: String(wanted),
      });
  }
}

/** Words of `docker build` and of those that take the same. */
export function toWords(build: BuildWords, { hasProgress, hasManifestLists }: WordStyle): readonly string[] {
  const { request, folder, dockerfile, digestFile, secretFiles } = build;
  const { references, platforms } = request;
  const [first = '', ...others] = references;
  const isList = hasManifestLists && platforms.length > 1;
  return [
    `--file=${join(folder, dockerfile)}`,
    ...(isList ? [`--manifest=${first}`] : [first, ...others].map((reference) => `--tag=${reference}`)),
    ...(platforms.length > 0 ? [`--platform=${platforms.join(',')}`] : []),
    ...toProgress(request.progress, hasProgress),
    ...(isList ? [] : [`--iidfile=${digestFile}`]),
    ...toOptions(request.options),
    ...[...secretFiles].map(([name, file]) => `--secret=id=${name},type=file,src=${file}`),
    folder,
  ];
}

/** Words of `buildctl build`, which passes most of them on to what reads the Dockerfile. */
export function toBuildctlWords(build: BuildWords): readonly string[] {
  const { request, folder, dockerfile, digestFile, secretFiles } = build;
  const { references, platforms, isPushed, progress, options } = request;
  const names = references.length > 1 ? `"name=${references.join(',')}"` : `name=${references[0]}`;
  const own = [...options].filter(([name]) => buildctlOptions.includes(name));
  const passed = [...options].filter(([name]) => !buildctlOptions.includes(name));
  return [
    '--frontend=dockerfile.v0',
    `--local=context=${folder}`,
    `--local=dockerfile=${folder}`,
    `--opt=filename=${dockerfile}`,
    ...(platforms.length > 0 ? [`--opt=platform=${platforms.join(',')}`] : []),
    ...passed.flatMap(([name, values]) => values.map((value) => `--opt=${toFrontendOption(name, value)}`)),
    ...toOptions(new Map(own)),
    ...(options.has('output') ? [] : [`--output=type=image,${names}${isPushed ? ',push=true' : ''}`]),
    `--progress=${progress === 'quiet' ? 'plain' : progress}`,
    `--metadata-file=${digestFile}`,
    ...[...secretFiles].map(([name, file]) => `--secret=id=${name},type=file,src=${file}`),
  ];
}

// https://github.com/moby/buildkit/blob/master/docs/reference/buildctl.md
const buildctlOptions = [
  'output', 'trace', 'local', 'oci-layout', 'no-cache', 'export-cache', 'import-cache', 'secret', 'allow', 'ssh',
  'ref-file', 'source-policy-file', 'registry-auth-tlscontext',
]; // biome-ignore format: a list reads as a list

/** What `docker build` takes as `--build-arg A=b` the frontend takes as `build-arg:A=b`. */
function toFrontendOption(name: string, value: string): string {
  return ['build-arg', 'label', 'add-host', 'build-context'].includes(name)
    ? `${name.replace(/^build-context$/, 'context')}:${value}`
    : `${name}=${value}`;
}

function toOptions(options: ImageRequest['options']): readonly string[] {
  return [...options].flatMap(([name, values]) =>
    values.length === 0 ? [`--${name}`] : values.map((value) => `--${name}=${value}`),
  );
}

function toProgress(progress: Progress, hasProgress: boolean): readonly string[] {
  if (progress === 'quiet') return ['--quiet'];
  return hasProgress && progress !== 'auto' ? [`--progress=${progress}`] : [];
}
