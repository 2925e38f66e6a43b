/** Bentos, as their commands speak of them. */
import { bentoKind } from '../store/bento-record.ts';
import { type Bento, openBentos } from '../store/bentos.ts';
import { openModels } from '../store/models.ts';
import { printSize } from './print-value.ts';
import { type Shelf, storeOptions } from './store-commands.ts';

export const bentoShelf: Shelf<Bento['record']> = {
  noun: 'bento',
  prefix: 'bento',
  marker: bentoKind.marker,
  items: openBentos(storeOptions),
  heads: { size: 'Size', model_size: 'Model Size' },
  async toRow(bento) {
    return { size: printSize(await bento.sizeBytes()), model_size: printSize(await sizeOfModels(bento)) };
  },
  assertUnused: async () => {},
};

/** Of those that are in the store of models; those on a hub have no size here. */
async function sizeOfModels({ record }: Bento): Promise<number> {
  const models = openModels({ onWarning: () => {} });
  const sizes = record.models.map(async ({ tag, registry }) => {
    const [model] = registry === 'bentoml' ? await models.list(tag) : [];
    return model?.sizeBytes() ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
