/** `bentoModel`: a model of the store. */
import { join } from 'node:path';
import { findHome } from '../config/home.ts';
import type { ModelInfo } from '../spec/service-spec.ts';
import { findModel } from '../store/find-model.ts';
import { modelKind } from '../store/model-record.ts';
import type { Model } from '../store/models.ts';
import { printMicros } from '../store/own-marks.ts';
import { Tag } from '../tag.ts';
import type { BentoModelEntry, ModelPlace, ModelRef, ModelRefKind } from './model-ref.ts';

/**
 * A model of the store: `name` or `name:latest` is the newest, `name:version` may be the beginning of a version. A bento
 * keeps the version that there is when it is built.
 *
 * @example
 * ```ts
 * @model(bentoModel('iris:latest')) iris!: Model; // this.iris.pathOf('weights.bin')
 * ```
 * @throws ServiceError `TAG_INVALID`
 */
export function bentoModel(tag: string | Tag): ModelRef<Model> {
  return toRef(Tag.parse(tag));
}

/** Makes references to models of the store again from their plain data. */
export const bentoModelKind: ModelRefKind<Model> = { kind: 'bentoModel', fromInfo, toEntry, pathInBento };

function toRef(tag: Tag): ModelRef<Model> {
  return {
    toInfo: () => ({ kind: 'bentoModel', tag: String(tag) }),
    fromInfo,
    find: ({ models }) =>
      (models === undefined ? undefined : findModel(tag, models)) ?? findModel(tag, join(findHome(), modelKind.folder)),
    resolve: (place) => load(tag, place),
    async pin(place) {
      const { tag: found, record } = await load(tag, place);
      const { module, createdMicros } = record;
      return { kind: 'bentoModel', tag: String(found), module, creationTime: printMicros(createdMicros) };
    },
  };
}

function fromInfo(info: ModelInfo): ModelRef<Model> {
  if (info.kind !== 'bentoModel' || typeof info.tag !== 'string')
    throw new TypeError('bentoModel: the reference has no tag');
  return bentoModel(info.tag);
}

async function load(tag: Tag, { models }: ModelPlace): Promise<Model> {
  const brought = models === undefined ? undefined : findModel(tag, models);
  if (brought) return brought;
  const { models: store } = await import('../store/models.ts'); // what reads archives, too: no worker needs that
  return store.get(tag);
}

function toEntry({ tag, module, creationTime }: ModelInfo): BentoModelEntry {
  return { tag: String(tag), module: String(module), creation_time: String(creationTime) };
}

function pathInBento({ tag }: ModelInfo): string {
  return Tag.parse(String(tag)).toPath();
}
