/** Models, as their commands speak of them. */
import { existsSync } from 'node:fs';
import { ServiceError } from '../errors.ts';
import { printSize } from '../observe/print-size.ts';
import { openBentos } from '../store/bentos.ts';
import { modelKind } from '../store/model-record.ts';
import { type Model, openModels } from '../store/models.ts';
import type { Tag } from '../tag.ts';
import { type Shelf, storeOptions } from './store-commands.ts';

export const modelShelf: Shelf<Model['record']> = {
  noun: 'model',
  prefix: 'bento models',
  marker: modelKind.marker,
  items: openModels(storeOptions),
  heads: { module: 'Module', size: 'Size' },
  toRow: async (model) => ({ module: model.record.module, size: printSize(await model.sizeBytes()) }),
  assertUnused,
};

/** A bento that has its models in its own folder needs none of the store. */
async function assertUnused(tags: readonly Tag[]): Promise<void> {
  const bentos = (await openBentos({ onWarning: () => {} }).list()).filter(
    ({ pathOf }) => !existsSync(pathOf('models')),
  );
  for (const tag of tags) {
    const users = bentos.filter(({ record }) => record.models.some((model) => model.tag.equals(tag)));
    if (users.length === 0) continue;
    const names = users.slice(0, 10).map((bento) => String(bento.tag));
    throw new ServiceError('STORE_ITEM_USED', {
      tag: String(tag),
      bentos: `${names.join(', ')}${users.length > 10 ? ', …' : ''}`,
    });
  }
}
