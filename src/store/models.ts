/** The store of models, as programs use it: create, get, list, delete, verify. */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { makeVersion, Tag } from '../tag.ts';
import { checksumsName, writeChecksums } from './checksums.ts';
import { type ItemActions, openItems } from './items.ts';
import { type ModelDetails, type ModelRecord, modelKind, printModel } from './model-record.ts';
import { type StoreOptions, toPlace } from './open-options.ts';
import { openStore, type StoreItem } from './store.ts';
import { isSystemError } from './store-error.ts';

/** A model in the store. Its files lie in `folder`; its labels, metadata and the like in `record`. */
export type Model = StoreItem<ModelRecord>;

/** What can be said when a model is created. */
export interface CreateModelOptions extends ModelDetails {
  /** Whether checksums of the files are written down, for `verify`; the files are read once for it. @default false */
  readonly checksums?: boolean;
}

/** The store of models. */
export interface Models extends ItemActions<Model> {
  /**
   * Puts a model into the store: whole or not at all. What `fill` writes is moved there, not copied; others see the
   * model once it is finished, and `latest` means the newest.
   *
   * @param tag `name`, which gets a new version, or `name:version`.
   * @param fill writes the files into an empty folder.
   * @throws ServiceError `TAG_INVALID`, `STORE_ITEM_EXISTS`, `STORE_ITEM_INVALID` for links that lead out, sockets and the
   *   like, `OPTION_UNKNOWN`, `OPTION_INVALID`, `STORE_FAILED`. What `fill` throws passes as it is.
   * @example
   * ```ts
   * const model = await models.create('iris', (folder) => writeFile(join(folder, 'weights.bin'), weights));
   * ```
   */
  create(
    tag: string | Tag,
    fill: (folder: string) => void | Promise<void>,
    options?: CreateModelOptions,
  ): Promise<Model>;
}

/** Opens the store of models in another home, or with warnings of your own. */
export function openModels(options: StoreOptions = {}): Models {
  return {
    ...openItems(() => openStore(modelKind, toPlace(options)), {
      place: () => toPlace(options),
      modelsOf: async () => [],
      settle: async () => {},
    }),
    async create(given, fill, { checksums = false, ...details } = {}) {
      const place = toPlace(options);
      const nowMs = place.nowMs();
      const tag = toNewTag(Tag.parse(given), nowMs);
      const where = `models.create of ${tag}`;
      const text = printModel(tag, nowMs, details, where); // what is wrong with it is said before anything is made
      return openStore(modelKind, place).create(tag, async (folder) => {
        await fill(folder);
        for (const own of [modelKind.marker, checksumsName]) await refuseOwnName(folder, own);
        await writeFile(join(folder, modelKind.marker), text, { flag: 'wx' });
        if (checksums) await writeChecksums(folder);
      });
    },
  };
}

/** The store of models in `BENTOML_HOME`, else in `~/bentoml`: that of BentoML, too. */
export const models: Models = openModels();

function toNewTag(tag: Tag, nowMs: number): Tag {
  if (tag.version === undefined) return tag.withVersion(makeVersion(nowMs));
  if (!tag.isLatest) return tag;
  const problem = `it would be hidden by what latest means; leave the version out to get a new one: ${tag.name}`;
  throw new ServiceError('TAG_INVALID', { tag: JSON.stringify(String(tag)), problem });
}

async function refuseOwnName(folder: string, name: string): Promise<void> {
  try {
    await access(join(folder, name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  const problem = 'the store writes a file of that name itself; give yours another one';
  throw new ServiceError('STORE_ITEM_INVALID', { place: join(folder, name), problem });
}
