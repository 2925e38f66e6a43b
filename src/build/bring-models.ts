/** Puts models into a bento: those of the store as links to the same bytes, where the disk can do that. */
import { mkdir, readdir, readlink, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { pinModels, toBentoEntry, toFileFilter, toPathInBento, toRef } from '../sdk/model-kinds.ts';
import type { BentoModelEntry, ModelPlace } from '../sdk/model-ref.ts';
import type { ModelInfo, ServiceSpec } from '../spec/service-spec.ts';
import type { BentoModelRow } from '../store/bento-record.ts';
import { inTurns } from '../store/in-turns.ts';
import { modelKind } from '../store/model-record.ts';
import { printInstant } from '../store/own-marks.ts';
import { openStore, type StorePlace } from '../store/store.ts';
import { copyTree, linkFile } from '../store/tree.ts';
import type { BentoExtraModel } from './build-settings.ts';
import { layout } from './built-bento.ts';

/** What a bento needs of models. */
export interface ModelPlan {
  /** What `@model` fields get when it is served, by field. */
  readonly pinned: Readonly<Record<string, ModelInfo>>;
  /** For `bento.yaml`: those of the service, and those that its configuration names. */
  readonly ofService: readonly BentoModelRow[];
  readonly extra: readonly BentoModelRow[];
  /** Absolute folders of the project that hold models. */
  readonly inProject: readonly string[];
  /** Folders that are put into the bento, by their path in it. */
  readonly folders: ReadonlyMap<string, BroughtFolder>;
}

/** A folder with a model. */
interface BroughtFolder {
  readonly from: string;
  readonly how: 'link' | 'copy';
  /** Whether a file of it belongs to the model: a cache may have more. */
  isWanted?(path: string): boolean;
}

interface ModelRequest {
  readonly spec: ServiceSpec;
  readonly extra: readonly BentoExtraModel[];
  /** Absolute folder of the project, and of the file of the service in it. */
  readonly projectFolder: string;
  readonly serviceFolder: string;
  readonly store: StorePlace;
  warn(message: string): void;
}

/**
 * Fixes which models those are, and finds their files.
 * @throws ServiceError `MODEL_MISSING`, `STORE_ITEM_MISSING`
 */
export async function planModels({
  spec,
  extra,
  projectFolder,
  serviceFolder,
  store,
  warn,
}: ModelRequest): Promise<ModelPlan> {
  const place: ModelPlace = { folder: serviceFolder, models: join(store.home, modelKind.folder) };
  const pinned: Record<string, ModelInfo> = { ...(await pinModels(spec.models, spec.name, place)) };
  const folders = new Map<string, BroughtFolder>();
  const inProject: string[] = [];
  const bentoService = dirname(join(layout.source, relative(projectFolder, join(serviceFolder, 'any'))));
  for (const [at, [field, info]] of Object.entries(pinned).entries()) {
    const ref = toRef(info);
    if (!ref) {
      warn(
        `the model of ${spec.name}.${field} is of a kind of its author's: it is not in the bento, and is found where that is served`,
      );
      continue;
    }
    const path = toPathInBento(info);
    if (path === undefined && info.kind !== 'localFolder') continue; // of a package, which is installed
    const value = await ref.resolve(place);
    const from = typeof value === 'string' ? value : (value as { readonly folder: string }).folder; // no kind gives anything else
    if (path !== undefined) {
      const key = `${layout.models}/${path}`;
      const [filter, before] = [toFileFilter(info), folders.get(key)?.isWanted]; // two fields may share a commit
      const isWanted = filter && ((file: string) => filter(file) || before?.(file) === true);
      folders.set(key, { from, how: 'link', ...(isWanted ? { isWanted } : {}) });
      continue;
    }
    const inside = isInside(projectFolder, from);
    const to = inside
      ? join(layout.source, relative(projectFolder, from))
      : join(layout.own, layout.models, String(at));
    if (inside) inProject.push(from);
    else folders.set(toSlashes(to), { from, how: 'copy' }); // it is the author's to change
    pinned[field] = { ...info, path: toSlashes(relative(bentoService, to)) || '.' };
  }
  const ofService = Object.values(pinned).flatMap((info) => {
    const entry = toBentoEntry(info);
    return entry ? [toRow(entry)] : [];
  });
  const named: BentoModelRow[] = [];
  for (const { tag, alias } of extra) {
    const model = await openStore(modelKind, store).get(tag);
    const { module, createdMicros } = model.record;
    folders.set(`${layout.models}/${model.tag.toPath()}`, { from: model.folder, how: 'link' });
    const row = { tag: String(model.tag), module, creation_time: printInstant(Math.floor(createdMicros / 1000)) };
    named.push(alias === undefined ? row : { ...row, alias });
  }
  return { pinned, ofService, extra: named, inProject, folders };
}

/** Puts the files there. */
export async function bringModels({ folders }: Pick<ModelPlan, 'folders'>, bento: string): Promise<void> {
  for (const [path, { from, how, isWanted }] of folders) {
    const to = join(bento, path);
    await mkdir(to, { recursive: true });
    if (how === 'copy') await copyTree(from, to);
    else await linkTree(from, to, isWanted);
    const [models, name = '', version] = path.split('/');
    if (models === layout.models && version !== undefined && !name.startsWith('models--')) {
      await writeFile(join(bento, models, name, 'latest'), version); // as in every store of models
    }
  }
}

/** Files in a store are never written again, so that a second name for them is as good as a copy. */
async function linkTree(from: string, to: string, isWanted?: (path: string) => boolean): Promise<void> {
  const files: (readonly [from: string, to: string])[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(from, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const isFolder = entry.isDirectory();
      if (isFolder) {
        if (!isWanted) await mkdir(join(to, path)); // else only those in which something is
        await walk(path);
      } else if (entry.isSymbolicLink() && (await stat(join(from, path))).isDirectory()) {
        await symlink(await readlink(join(from, path)), join(to, path), 'dir');
      } else if (isWanted?.(toSlashes(path)) !== false) files.push([await realpath(join(from, path)), join(to, path)]);
    }
  };
  await walk('');
  await inTurns(files, async ([file, name]) => {
    await mkdir(dirname(name), { recursive: true });
    await linkFile(file, name);
  });
}

/** Keys that are left out are no keys. */
function toRow({ metadata, registry, ...entry }: BentoModelEntry): BentoModelRow {
  return { ...entry, ...(registry === undefined ? {} : { registry }), ...(metadata === undefined ? {} : { metadata }) };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

const toSlashes = (path: string) => path.split(sep).join('/');
