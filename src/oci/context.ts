/** Puts together the folder that a builder gets: of a bento, each part that becomes a layer of its own in a folder. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { quoteForShell } from '../spec/image-info.ts';
import { inTurns } from '../store/in-turns.ts';
import { linkFile, walkTree } from '../store/tree.ts';
import type { ImageSource } from './builder.ts';
import { type ContextContent, contextLayout } from './dockerfile.ts';
import { editLockfile, editManifest, editYarnSettings, managerVersionOf } from './edit-manifests.ts';
import { entrypointFile, entrypointText } from './image-layout.ts';
import { filesOf, findOwnFolders } from './own-files.ts';

/** What goes into the folder, and where to, by paths with slashes. */
export interface Context extends ContextContent {
  readonly folders: readonly string[];
  readonly files: readonly { readonly from: string; readonly to: string }[];
  readonly links: readonly { readonly target: string; readonly to: string }[];
  /** Files that are written anew. */
  readonly texts: readonly { readonly text: string; readonly to: string; readonly mode: number }[];
}

/** Name of the Dockerfile in the folder. */
const dockerfileName = 'Dockerfile';

const ignoreName = '.dockerignore';

type Draft = { -readonly [Key in 'folders' | 'files' | 'links' | 'texts']: Context[Key][number][] };

/**
 * @param warn is told of what is not done as the project says it.
 * @throws ServiceError `IMAGE_FAILED`, `STORE_ITEM_INVALID`
 */
export async function planContext(source: ImageSource, warn: (message: string) => void): Promise<Context> {
  const draft: Draft = { folders: [], files: [], links: [], texts: [] };
  await addBentots(source, draft);
  await addBento(source, draft);
  const npm = await addManifests(source, draft, warn);
  const python = await addPython(source, draft);
  return {
    ...draft,
    hasScripts: Object.keys(source.scripts).length > 0,
    modelCount: source.models.length,
    npm,
    python,
  };
}

/**
 * Writes the folder with its Dockerfile. Files of the bento, of which models may be the most, get second names and no
 * copies where the disk can do that.
 */
export async function writeContext(
  context: Context,
  dockerfile: string,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const { bentots, steps, install, models, code } = contextLayout;
  const parts: string[] = [bentots, install, code, ...(context.hasScripts ? [steps] : [])];
  for (let index = 0; index < context.modelCount; index++) parts.push(`${models}/${index}`);
  const made = new Set<string>();
  const make = async (folder: string) => {
    if (made.has(folder)) return;
    made.add(folder);
    await mkdir(join(to, folder), { recursive: true });
  };
  for (const folder of [...parts, ...context.folders, ...context.files.map((file) => dirname(file.to))])
    await make(folder);
  await inTurns(context.files, async (file) => {
    signal.throwIfAborted();
    await linkFile(file.from, join(to, file.to));
  });
  for (const { target, to: path } of context.links) {
    await make(dirname(path));
    await symlink(target, join(to, path));
  }
  // The file itself is no part of what it copies; nor can an ignore file of the bento leave anything out.
  const texts = [
    ...context.texts,
    { text: dockerfile, to: dockerfileName, mode: 0o644 },
    { text: `${dockerfileName}\n${ignoreName}\n`, to: ignoreName, mode: 0o644 },
  ];
  for (const { text, to: path, mode } of texts) {
    await make(dirname(path));
    await writeFile(join(to, path), text, { mode, flag: 'wx' });
  }
}

async function addBentots({ bentots, tag }: ImageSource, draft: Draft): Promise<void> {
  for (const { from, to } of findOwnFolders(bentots, tag)) {
    for await (const path of filesOf(from)) {
      draft.files.push({ from: join(from, path), to: `${contextLayout.bentots}/${to}/${path}` });
    }
  }
  draft.files.push({ from: join(bentots, 'package.json'), to: `${contextLayout.bentots}/package.json` });
  draft.texts.push({ text: entrypointText, to: `${contextLayout.bentots}/${entrypointFile}`, mode: 0o755 });
}

async function addBento({ folder, models, scripts }: ImageSource, draft: Draft): Promise<void> {
  const scriptFiles = Object.values(scripts);
  const partOf = (path: string) => {
    const index = models.findIndex((model) => path === model || path.startsWith(`${model}/`));
    if (index >= 0) return `${contextLayout.models}/${index}`;
    if (scriptFiles.includes(path)) return contextLayout.steps;
    return /^env\/(?:node|python)(?:\/|$)/.test(path) ? undefined : contextLayout.code;
  };
  for await (const { kind, path, file, target } of walkTree(folder)) {
    const part = partOf(path);
    if (part === undefined) continue; // they are edited
    const to = `${part}/${path}`;
    if (kind === 'folder') draft.folders.push(to);
    else if (kind === 'link') draft.links.push({ target, to });
    else draft.files.push({ from: file, to });
  }
}

/** The manifests and the lockfile; where none are locked, the manifest of the project. */
async function addManifests(
  { folder, tag, packages: locked, image }: ImageSource,
  draft: Draft,
  warn: (message: string) => void,
): Promise<ContextContent['npm']> {
  const install = image.steps.find((step) => step.kind === 'install');
  const extra = install?.npmPackages ?? [];
  const at = `${contextLayout.install}/env/node`;
  const add = (path: string, text: string) => draft.texts.push({ text, to: `${at}/${path}`, mode: 0o644 });
  const addManifest = (path: string, text: string) => {
    const edited = explain(tag, path, () => editManifest(text));
    if (edited.skipped.length > 0) {
      const what = edited.skipped.join(' and ');
      warn(`${path} of ${tag} has ${what}, which the OCI image does not run; let a step of the image do that`);
    }
    add(path, edited.text);
    return edited;
  };
  // Only what its author has included by its name: it may have the key to a registry, or the name of a secret that is one.
  const registries = join(folder, 'src/.npmrc');
  const addRegistries = async () => {
    if (existsSync(registries)) add('.npmrc', await readFile(registries, 'utf8'));
  };
  if (locked) {
    const root = join(folder, 'env/node');
    const read = (path: string) => readFile(join(root, path), 'utf8');
    for await (const { kind, path } of walkTree(root)) {
      if (kind !== 'file') continue;
      if (basename(path) === 'package.json') addManifest(path, await read(path));
      else if (path === locked.lockfile) {
        const text = await read(path);
        add(
          path,
          explain(tag, path, () => editLockfile(path, text)),
        );
      } else add(path, path === '.yarnrc.yml' ? editYarnSettings(await read(path)) : await read(path));
    }
    await addRegistries();
    const [manifest, lockfile] = [await read('package.json'), await read(locked.lockfile)];
    const managerVersion = explain(tag, 'package.json', () => managerVersionOf(locked.manager, manifest, lockfile));
    return { locked, managerVersion, isUnlocked: false, extra };
  }
  const manifest = join(folder, 'src/package.json');
  const isThere = existsSync(manifest) && addManifest('package.json', await readFile(manifest, 'utf8')).hasPackages;
  if (isThere) {
    const bun = ['bun.lock', 'bun.lockb'].find((name) => existsSync(join(folder, 'src', name)));
    if (bun !== undefined) {
      const problem = `its packages are locked by ${bun}, which is not read here; let npm, pnpm or yarn write a lockfile (npm install --package-lock-only) and remove ${bun}, and build it again`;
      throw new ServiceError('IMAGE_FAILED', { bento: tag, problem });
    }
    await addRegistries();
    warn(`the packages of ${tag} are not locked: the OCI image gets the versions of today`);
  }
  return { locked, managerVersion: undefined, isUnlocked: isThere, extra };
}

function explain<T>(bento: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const problem = `${path} in it cannot be read (${(cause as Error).message}); build the bento again`;
    throw new ServiceError('IMAGE_FAILED', { bento, problem }, { cause });
  }
}

/** What the project locks, and what the description of the image asks for. */
async function addPython({ folder, image }: ImageSource, draft: Draft): Promise<readonly string[]> {
  const at = 'env/python';
  const commands: string[] = [];
  const has = (name: string) => existsSync(join(folder, at, name));
  for (const name of ['pylock.toml', 'uv.lock', 'pyproject.toml', 'requirements.txt'].filter(has)) {
    draft.files.push({ from: join(folder, at, name), to: `${contextLayout.install}/${at}/${name}` });
  }
  const install = (file: string) => commands.push(`uv pip install --requirement ${quoteForShell(`${at}/${file}`)}`);
  if (has('pylock.toml')) install('pylock.toml');
  else if (has('uv.lock')) commands.push(`uv sync --project ${at} --frozen --no-dev --no-install-project`);
  else if (has('requirements.txt')) install('requirements.txt');
  const step = image.steps.find(({ kind }) => kind === 'install');
  const lines = step?.kind === 'install' ? step.pythonPackages : [];
  if (lines.length > 0) {
    const text = lines.map((line) => `${line}\n`).join('');
    draft.texts.push({ text, to: `${contextLayout.install}/${at}/packages.txt`, mode: 0o644 });
    install('packages.txt');
  }
  return commands;
}
