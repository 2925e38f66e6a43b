/** Says which models are in a bento, by where they lie in it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageSource } from '../builder.ts';

/** A model, as it is called where it comes from. */
export interface ListedModel {
  readonly name: string;
  /** Of the hub a commit; undefined of a folder of the project. */
  readonly version: string | undefined;
}

/** In an order that does not depend on the system. */
export async function listModels({
  folder,
  models,
}: Pick<ImageSource, 'folder' | 'models'>): Promise<readonly ListedModel[]> {
  const listed = await Promise.all(
    models.map(async (path): Promise<readonly ListedModel[]> => {
      const [top, name = '', version] = path.split('/');
      if (top !== 'models') return [{ name: path, version: undefined }];
      if (version !== undefined) return [{ name, version }];
      const commits = await readdir(join(folder, path, 'snapshots')).catch(() => []); // whoever put it there
      const modelId = name.replace(/^models--/, '').replace('--', '/');
      return commits.length === 0
        ? [{ name: modelId, version: undefined }]
        : commits.map((commit) => ({ name: modelId, version: commit }));
    }),
  );
  const printed = ({ name, version = '' }: ListedModel) => `${name}:${version}`;
  return listed.flat().sort((a, b) => (printed(a) < printed(b) ? -1 : 1));
}
