/** Bentos, as their commands speak of them. */

import { printSize } from '../observe/print-size.ts';
import { bentoKind } from '../store/bento-record.ts';
import { type Bento, openBentos } from '../store/bentos.ts';
import { modelKind } from '../store/model-record.ts';
import { openModels } from '../store/models.ts';
import { toPlace } from '../store/open-options.ts';
import { openStore } from '../store/store.ts';
import { type Shelf, storeOptions } from './store-commands.ts';

export const bentoShelf: Shelf<Bento['record']> = {
  noun: 'bento',
  prefix: 'bento',
  marker: bentoKind.marker,
  items: openBentos(storeOptions),
  heads: { size: 'Size', model_size: 'Model Size' },
  async toRow(bento) {
    const { own, all } = await sizeOfModels(bento);
    return { size: printSize((await bento.sizeBytes()) - own), model_size: printSize(all) };
  },
  assertUnused: async () => {},
};

/** In bytes, of models that lie in the bento or in the store; those on a hub have no size here. */
async function sizeOfModels({ record, pathOf }: Bento): Promise<{ readonly own: number; readonly all: number }> {
  const quiet = { onWarning: () => {} };
  const store = openModels(quiet);
  const brought = openStore(modelKind, { ...toPlace(quiet), root: pathOf('models') });
  let [own, all] = [0, 0];
  for (const { tag } of record.models.filter(({ registry }) => registry === 'bentoml')) {
    const [inside] = await brought.list(tag);
    const [model = inside] = inside ? [] : await store.list(tag);
    const bytes = (await model?.sizeBytes()) ?? 0;
    all += bytes;
    if (inside) own += bytes;
  }
  return { own, all };
}
