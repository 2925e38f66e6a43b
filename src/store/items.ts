/** What programs do with what is in a store, whatever its kind. */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findRegistries } from '../config/registries.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import { Tag } from '../tag.ts';
import { type ExportOptions, exportItem } from './archive/export-item.ts';
import { parsePlace } from './archive/place.ts';
import { readObject } from './archive/s3.ts';
import { unpack } from './archive/unpack.ts';
import { checksumsName, type Verification, verifyChecksums, writeChecksums } from './checksums.ts';
import { printMicros } from './own-marks.ts';
import { openKnownItems } from './registry/known-items.ts';
import { placeToPull, placeToPush } from './registry/name-item.ts';
import { assertSame, type RemoteItem, withRemoteItem } from './registry/pull-item.ts';
import { type Pushed, pushItem, type TransferOptions } from './registry/push-item.ts';
import { readRecord, type Store, type StoreItem, type StoreKind, type StorePlace, type StoreRecord } from './store.ts';
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
  /**
   * Writes one as a file, or as a folder, from which it can be imported elsewhere; a bento with its models.
   * @param path A file; a folder that is there, or a path with a slash at its end, gets a file named for the item.
   *   Relative paths start at the working folder, which is also the default. Or `s3://bucket/key`, with the packages
   *   `@aws-sdk/client-s3` and `@aws-sdk/lib-storage` installed.
   * @param options `format` goes before what the path ends with.
   * @returns the absolute path of what was written, or its address.
   * @throws ServiceError `STORE_ITEM_MISSING`, `ARCHIVE_INVALID` if it cannot be written there, `OPTION_INVALID`,
   *   `STORE_FAILED`
   */
  export(tag: string | Tag, path?: string, options?: ExportOptions): Promise<string>;
  /**
   * Puts an exported one into the store: a folder, a zip, or a tar, plain or packed with gzip, xz or zstd, from bentots
   * or from BentoML; on a disk, or at `s3://bucket/key`. Paths and links that lead out, devices, and what unpacks without end are refused.
   * @throws ServiceError `ARCHIVE_INVALID`, `STORE_ITEM_EXISTS`, `STORE_ITEM_INVALID`, `STORE_FAILED`
   */
  import(path: string, options?: ImportOptions): Promise<Item>;
  /**
   * Pushes one to a registry of OCI images: a bento with its models; layers that the registry has are not sent again.
   * @param reference `registry/name` or `registry/name:tag`; without a tag it gets the version of the item, and without a
   *   registry, or left out, it is below `BENTOML_REGISTRY`.
   * @throws ServiceError `STORE_ITEM_MISSING`, `REFERENCE_INVALID`, `REGISTRY_TAG_TAKEN` if the tag is another item's,
   *   `REGISTRY_DENIED`, `REGISTRY_FAILED`, `STORE_FAILED`
   */
  push(tag: string | Tag, reference?: string, options?: TransferOptions): Promise<Pushed>;
  /**
   * Puts one of a registry into the store, whole or not at all; what was fetched of it before a failure is not fetched again.
   * @param reference `registry/name:tag` or `registry/name@sha256:…`; without a registry it is below `BENTOML_REGISTRY`.
   * @throws ServiceError `REGISTRY_ITEM_MISSING`, `REFERENCE_INVALID`, `REGISTRY_DENIED`, `REGISTRY_FAILED`,
   *   `ARCHIVE_INVALID` if it is something else, `STORE_ITEM_EXISTS` if another one has its tag, `STORE_FAILED`
   */
  pull(reference: string, options?: TransferOptions): Promise<Pulled<Item>>;
}

/** What was pulled. */
export interface Pulled<Item> {
  readonly item: Item;
  /** Of the manifest. */
  readonly digest: string;
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

/** What can be said of an import. */
export interface ImportOptions {
  /** Gives it up: nothing is left of it. */
  readonly signal?: AbortSignal | undefined;
}

/** What a kind adds to what all have in common. */
interface Particulars<R extends StoreRecord> {
  place(): StorePlace;
  /** The models that go with an item when it leaves the store. */
  modelsOf(item: StoreItem<R>): Promise<readonly StoreItem<StoreRecord>[]>;
  /** Puts what came with it where it belongs; `folder` has only the item itself afterwards. */
  settle(folder: string, record: R): Promise<void>;
}

/** Opens the actions on a store; each opens it anew. */
export function openItems<R extends StoreRecord>(
  open: () => Store<R>,
  kind: Particulars<R>,
): ItemActions<StoreItem<R>> {
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
    async export(tag, path = '', options = {}) {
      const store = open();
      const item = await store.get(Tag.parse(tag));
      const { extension } = store.kind;
      const models = await kind.modelsOf(item);
      return explained(`export ${item.tag}`, () => exportItem({ item, models, extension }, path, options));
    },
    async import(path, { signal } = {}) {
      const store = open();
      return store.adopt(async (folder) => {
        await fetchAndUnpack(path, folder, signal);
        const record = await readImported(path, folder, store.kind);
        await refuseChanged(path, folder);
        await store.assertFree(record.tag);
        await kind.settle(folder, record);
      });
    },
    async push(tag, reference, options = {}) {
      const store = open();
      const { home, nowMs } = kind.place();
      const settings = findRegistries();
      const item = await store.get(Tag.parse(tag));
      const to = placeToPush(reference, item.tag, settings.place);
      const exported = { item, models: await kind.modelsOf(item), extension: store.kind.extension };
      return explained(`push ${item.tag}`, () =>
        pushItem(exported, store.kind, to, { home, root: store.root, nowMs, settings }, options),
      );
    },
    async pull(text, { force = false, ...options } = {}) {
      const store = open();
      const { home, nowMs } = kind.place();
      const settings = findRegistries();
      const reference = placeToPull(text, settings.place);
      const pull = async (remote: RemoteItem): Promise<Pulled<StoreItem<R>>> => {
        const { digest, config } = remote;
        const [there] = force ? [] : await store.list(config.tag);
        const isSame = there && printMicros(there.record.createdMicros) === config.creationTime;
        if (there && !isSame) await store.assertFree(config.tag); // before anything is fetched
        const item = isSame ? there : await adopt(remote);
        const { reference: name } = remote;
        const creationTime = printMicros(item.record.createdMicros);
        const known = { reference: name, digest, noun: store.kind.noun, tag: item.tag, creationTime };
        await openKnownItems(home).note(known);
        return { item, digest, isNew: !isSame };
      };
      const adopt = (remote: RemoteItem) =>
        store.adopt(
          async (folder) => {
            await remote.fill(folder);
            const record = await readImported(remote.reference, folder, store.kind);
            assertSame(remote, record);
            await refuseChanged(remote.reference, folder);
            await kind.settle(folder, record);
          },
          { replaces: force },
        );
      return explained(`pull ${text}`, () =>
        withRemoteItem(reference, store.kind, { home, nowMs, settings }, options, pull),
      );
    },
  };
}

/** What is not on a disk of this machine is copied beside the folder first: a zip can be read in no other way. */
async function fetchAndUnpack(path: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const where = parsePlace(path);
  if (where.kind === 'disk') return unpack(where.path, folder, { called: path, signal });
  const copy = join(dirname(folder), 'archive'); // in the temporary folder of this process, which is removed at the end
  await readObject(where.place, copy, signal);
  await unpack(copy, folder, { called: path, signal });
  await rm(copy);
}

async function readImported<R extends StoreRecord>(path: string, folder: string, kind: StoreKind<R>): Promise<R> {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('ARCHIVE_INVALID', { archive: path, problem }, { cause });
  const names = await readdir(folder);
  if (!names.includes(kind.marker)) {
    const isOther = names.includes('model.yaml') || names.includes('bento.yaml');
    const other =
      kind.noun === 'model' ? 'a bento, which bento import takes' : 'a model, which bento models import takes';
    throw refuse(`it has no ${kind.marker}, so that it is no ${kind.noun}${isOther ? ` but ${other}` : ''}`);
  }
  try {
    return await readRecord(kind, folder);
  } catch (cause) {
    if (!isServiceError(cause, 'STORE_ITEM_INVALID')) throw cause;
    throw refuse(cause.message.slice(cause.message.indexOf(kind.marker)), cause);
  }
}

/** An archive that brings checksums is held to them. */
async function refuseChanged(path: string, folder: string): Promise<void> {
  const verification = await verifyChecksums(folder).catch((cause) => {
    if (!isServiceError(cause)) throw cause;
    throw new ServiceError('ARCHIVE_INVALID', { archive: path, problem: cause.message }, { cause });
  });
  const [first, ...more] = verification?.problems ?? [];
  if (first === undefined) return;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  const problem = `it is not what its checksums say: ${JSON.stringify(first.path)} is ${first.problem}${others}`;
  throw new ServiceError('ARCHIVE_INVALID', { archive: path, problem });
}
