/** Finds the files of a model of a hub where they are already. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { findHub } from '../../config/hub.ts';
import { type Commit, folderOfModel, type ModelCache, openModelCache } from './cache.ts';
import { createFileFilter } from './file-pattern.ts';
import { type HubFile, type HubModel, HubRefusal, isCommit } from './hub-model.ts';

/** Where in the `models/` of a bento a commit is looked for; with slashes. */
export function pathOfSnapshot(modelId: string, commit: string): string {
  return `${folderOfModel(modelId)}/snapshots/${commit}`;
}

/** The folder, if all files are there already. */
export function findSnapshot(model: HubModel, models?: string): string | undefined {
  const brought = findBrought(model, models);
  if (brought !== undefined) return brought;
  const cache = openModelCache(findHub().cacheFolder, model.modelId);
  const commit = isCommit(model.revision) ? model.revision : cache.commitOf(model.revision);
  const description = commit === undefined ? undefined : cache.describe(commit);
  if (commit === undefined || !description) return undefined;
  return missingFrom(cache, commit, choose(description, model)).length === 0 ? cache.snapshot(commit) : undefined;
}

/** Those of the files that the reference wants. @throws HubRefusal if these are none */
export function choose({ files }: Commit, { modelId, include, exclude }: HubModel): readonly HubFile[] {
  const isWanted = createFileFilter({ include, exclude });
  const wanted = files.filter(({ path }) => isWanted(path));
  if (wanted.length > 0) return wanted;
  const some = files.slice(0, 10).map(({ path }) => path);
  const there = some.length === 0 ? 'it has none' : `it has ${some.join(', ')}${files.length > 10 ? ', …' : ''}`;
  throw new HubRefusal(`no file of ${modelId} fits include and exclude; ${there}`);
}

/** Those that are not there as a whole. */
export function missingFrom(cache: ModelCache, commit: string, wanted: readonly HubFile[]): readonly HubFile[] {
  return wanted.filter((file) => !cache.has(commit, file));
}

/** The folder in the models of a bento, if it has that commit. */
export function findBrought({ modelId, revision }: HubModel, models: string | undefined): string | undefined {
  if (models === undefined || !isCommit(revision)) return undefined;
  const folder = join(models, ...pathOfSnapshot(modelId, revision).split('/'));
  return isFolder(folder) ? folder : undefined;
}

/** Whether there is a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
