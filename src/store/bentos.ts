/** The store of bentos, as programs use it. */
import { type BentoRecord, bentoKind } from './bento-record.ts';
import { type ItemActions, openItems } from './items.ts';
import { type StoreOptions, toPlace } from './open-options.ts';
import { openStore, type StoreItem } from './store.ts';

/** A bento in the store. */
export type Bento = StoreItem<BentoRecord>;

/** The store of bentos. */
export type Bentos = ItemActions<Bento>;

/** Opens the store of bentos in another home, or with warnings of your own. */
export function openBentos(options: StoreOptions = {}): Bentos {
  return openItems(() => openStore(bentoKind, toPlace(options)));
}

/** The store of bentos in `BENTOML_HOME`, else in `~/bentoml`: that of BentoML, too. */
export const bentos: Bentos = openBentos();
