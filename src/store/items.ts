/** What programs do with what is in a store, whatever its kind. */
import { ServiceError } from '../errors.ts';
import { Tag } from '../tag.ts';
import { checksumsName, type Verification, verifyChecksums, writeChecksums } from './checksums.ts';
import type { Store, StoreItem, StoreRecord } from './store.ts';
import { explained } from './store-error.ts';

/** What the stores of models and of bentos have in common. */
export interface ItemActions<Item> {
  /**
   * Finds one: `name` or `name:latest` is the newest, `name:version` may be the beginning of a version.
   * @throws ServiceError `STORE_ITEM_MISSING`, `STORE_ITEM_AMBIGUOUS` if several begin so, `STORE_ITEM_INVALID` if its
   *   files are broken, `TAG_INVALID`, `STORE_FAILED`
   */
  get(tag: string | Tag): Promise<Item>;
  /** All, or those of a name, in the order of their tags. Broken ones are left out and told as warnings. */
  list(tag?: string | Tag): Promise<readonly Item[]>;
  /**
   * Deletes one version, or all of a name; who has its files open can read them to the end, but for Windows.
   * @returns the tags that are gone.
   * @throws ServiceError `STORE_ITEM_MISSING`, `TAG_INVALID`, `STORE_FAILED`
   */
  delete(tag: string | Tag): Promise<readonly Tag[]>;
  /**
   * Compares the files with the checksums that were written when it was created or recorded.
   * @param options `record` writes the checksums of the files as they are now.
   * @throws ServiceError `STORE_ITEM_INVALID` if there are none.
   */
  verify(tag: string | Tag, options?: { readonly record?: boolean }): Promise<Verification>;
}

/** Opens the actions on a store; each opens it anew. */
export function openItems<R extends StoreRecord>(open: () => Store<R>): ItemActions<StoreItem<R>> {
  return {
    get: async (tag) => open().get(Tag.parse(tag)),
    list: async (tag) => open().list(tag === undefined ? undefined : Tag.parse(tag)),
    delete: async (tag) => open().delete(Tag.parse(tag)),
    async verify(tag, { record = false } = {}) {
      const { folder, tag: found } = await open().get(Tag.parse(tag));
      return explained(`verify ${found}`, async () => {
        if (record) return writeChecksums(folder);
        const verification = await verifyChecksums(folder);
        if (verification) return verification;
        const problem = `${found} has no checksums (${checksumsName}); record those of its files as they are, then they can be compared`;
        throw new ServiceError('STORE_ITEM_INVALID', { place: folder, problem });
      });
    },
  };
}
