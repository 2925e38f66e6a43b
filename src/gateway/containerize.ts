/** Makes OCI images of bentos for programs and for the command line. */
import { statSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { type BuiltBento, isBento, layout, loadBuiltBento } from '../build/built-bento.ts';
import { ServiceError } from '../errors.ts';
import type { ImageSource } from '../oci/builder.ts';
import { planContext, writeContext } from '../oci/context.ts';
import { toDockerfile } from '../oci/dockerfile.ts';
import { copyOf } from '../sdk/copy.ts';
import { Image } from '../spec/image.ts';
import { openBentos } from '../store/bentos.ts';
import { type StoreOptions, toPlace } from '../store/open-options.ts';

/** The Dockerfile of a bento. */
export interface BentoDockerfile {
  /** Tag of the bento. */
  readonly tag: string;
  readonly text: string;
  /** Writes the folder in which it is built, with the file itself; it has to be empty, or not to be there. */
  writeContext(folder: string, signal: AbortSignal): Promise<void>;
}

/**
 * The Dockerfile that a builder gets.
 * @param bento its tag, or its folder.
 * @throws ServiceError `STORE_ITEM_MISSING`, `BENTO_UNSERVABLE`, `IMAGE_FAILED`
 */
export async function createDockerfile(bento: string, options: StoreOptions = {}): Promise<BentoDockerfile> {
  const source = await findSource(bento, options);
  const context = await planContext(source, toPlace(options).warn);
  const text = toDockerfile(source, context, { hasMounts: true });
  return {
    tag: source.tag,
    text,
    async writeContext(folder, signal) {
      await mkdir(folder, { recursive: true });
      const [there] = await readdir(folder);
      if (there !== undefined) {
        const problem = `${folder} is not empty: it has ${there}; name a new folder`;
        throw new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
      }
      await writeContext(context, text, folder, signal);
    },
  };
}

/** A path goes before a tag, as where it is served. */
async function findSource(bento: string, options: StoreOptions): Promise<ImageSource> {
  const absolute = resolve(bento);
  const isFolder = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() && isBento(absolute);
  const folder = isFolder ? absolute : (await openBentos(options).get(bento)).folder;
  return toSource(await loadBuiltBento(folder));
}

async function toSource({ name, folder, manifest, variables }: BuiltBento): Promise<ImageSource> {
  const { image, packages, node, bentots } = manifest;
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('IMAGE_FAILED', { bento: name, problem }, { cause });
  if (!image) throw refuse(`bentots ${bentots} built it, before bentos kept what their images are; build it again`);
  let description: ReturnType<Image['toData']>;
  try {
    description = Image.from(image.description).toData(); // the file may have come from anywhere
  } catch (cause) {
    throw refuse(`its description of the image is broken: ${(cause as Error).message}; build it again`, cause);
  }
  for (const step of description.steps) {
    if (step.kind === 'runScript' && !/^env\/docker\/script__[0-9a-f]{32}$/.test(image.scripts[step.path] ?? ''))
      throw refuse(`it lacks the script ${step.path} that its image runs; build it again`);
  }
  return {
    tag: name,
    folder,
    image: description,
    nodeMajor: Number.parseInt(node, 10),
    scripts: image.scripts,
    variables,
    packages: packages ?? undefined,
    models: await findModels(folder, manifest),
    bentots: copyOf(import.meta.url).folder,
  };
}

/** Folders of the bento with one model each. */
async function findModels(folder: string, { models, service }: BuiltBento['manifest']): Promise<readonly string[]> {
  const foldersIn = async (path: string) => {
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => []); // there may be none
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${path}/${name}`);
  };
  const brought = await foldersIn(layout.models);
  const versions = await Promise.all(
    brought.map(async (path) => (posix.basename(path).startsWith('models--') ? [path] : await foldersIn(path))),
  );
  const at = posix.dirname(posix.join(layout.source, service.file));
  const local = Object.values(models).flatMap(({ kind, path }) =>
    kind === 'localFolder' && typeof path === 'string' ? [posix.join(at, path)] : [],
  );
  // A model that is the folder of the code itself is no layer of its own.
  const isApart = (path: string) => path.startsWith(`${layout.source}/`) && !`${at}/`.startsWith(`${path}/`);
  const inSource = local.filter((path) => isApart(path) && !local.some((one) => path.startsWith(`${one}/`)));
  return [...new Set([...versions.flat(), ...(await foldersIn(`${layout.own}/${layout.models}`)), ...inSource])].sort();
}
