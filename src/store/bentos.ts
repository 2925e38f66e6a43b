/** The store of bentos, as programs use it. */
import { cp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isServiceError } from '../errors.ts';
import { type BentoRecord, bentoKind } from './bento-record.ts';
import { type ItemActions, openItems } from './items.ts';
import { modelKind } from './model-record.ts';
import type { Model } from './models.ts';
import { type StoreOptions, toPlace } from './open-options.ts';
import { openStore, type StoreItem, type StorePlace } from './store.ts';
import { isSystemError } from './store-error.ts';

/** A bento in the store. */
export type Bento = StoreItem<BentoRecord>;

/** The store of bentos. */
export type Bentos = ItemActions<Bento>;

/** Opens the store of bentos in another home, or with warnings of your own. */
export function openBentos(options: StoreOptions = {}): Bentos {
  return openItems(() => openStore(bentoKind, toPlace(options)), {
    place: () => toPlace(options),
    modelsOf: (bento) => findModels(bento, toPlace(options)),
    settle: (folder) => moveModels(folder, toPlace(options)),
  });
}

/** The store of bentos in `BENTOML_HOME`, else in `~/bentoml`: that of BentoML, too. */
export const bentos: Bentos = openBentos();

const ownModels = 'models'; // a bento may bring a store of models in this folder of its own

/** Those that it needs, from its own store, else from the one of all; those of a hub stay there. */
async function findModels({ folder, record }: Bento, place: StorePlace): Promise<readonly Model[]> {
  const own = openStore(modelKind, { ...place, root: join(folder, ownModels) });
  const all = openStore(modelKind, place);
  const needed = record.models.filter(({ registry }) => registry === 'bentoml');
  return Promise.all(needed.map(async ({ tag }) => (await own.list(tag))[0] ?? all.get(tag)));
}

/** Moves the models that came with a bento into the store of models; one that is there already stays as it is. */
async function moveModels(folder: string, place: StorePlace): Promise<void> {
  const own = openStore(modelKind, { ...place, root: join(folder, ownModels), warn: () => {} }); // others may lie there
  const all = openStore(modelKind, place);
  const brought = await own.list();
  for (const model of brought) {
    const moved = all.create(model.tag, async (to) => {
      for (const name of await readdir(model.folder)) await move(join(model.folder, name), join(to, name));
    });
    await moved.catch((error) => {
      if (!isServiceError(error, 'STORE_ITEM_EXISTS')) throw error;
    });
  }
  // What is none of the store's, such as the files of a hub, stays where it is looked for.
  for (const name of new Set(brought.map(({ tag }) => tag.name))) {
    await rm(join(folder, ownModels, name), { recursive: true, force: true });
  }
  await rmdir(join(folder, ownModels)).catch((error) => {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
  });
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV')) throw error; // the stores are on different disks
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }
}
