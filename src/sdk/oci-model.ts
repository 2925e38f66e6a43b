/** `ociModel`: a model in a registry of OCI images. */
import { parseReference, printReference } from '../registry/reference.ts';
import type { ModelInfo } from '../spec/service-spec.ts';
import type { Model } from '../store/models.ts';
import { printMicros } from '../store/own-marks.ts';
import { findPulled, type RemoteModel } from '../store/registry/find-pulled.ts';
import { Tag } from '../tag.ts';
import type { BentoModelEntry, ModelRef, ModelRefKind } from './model-ref.ts';

/**
 * A model that `bento models push` has put into a registry. It is pulled into the store before the first worker starts,
 * with the login of `docker login`; a bento keeps the very model that the tag means when it is built.
 *
 * @param reference `registry/name:tag` or `registry/name@sha256:…`.
 * @example
 * ```ts
 * @model(ociModel('registry.example.com/team/iris:v1')) iris!: Model; // this.iris.pathOf('weights.bin')
 * ```
 * @throws ServiceError `REFERENCE_INVALID`
 */
export function ociModel(reference: string): ModelRef<Model> {
  const read = parseReference(reference);
  return toRef({
    reference: read.tag === undefined && read.digest === undefined ? { ...read, tag: 'latest' } : read,
    pinned: undefined,
  });
}

/** Makes references to models of registries again from their plain data. */
export const ociModelKind: ModelRefKind<Model> = { kind: 'ociModel', fromInfo, toEntry, pathInBento };

function toRef(asked: RemoteModel): ModelRef<Model> {
  const { reference, pinned } = asked;
  const pull = async (...[place]: Parameters<ModelRef<Model>['resolve']>) => {
    const { pullModel } = await import('../store/registry/pull-model.ts');
    return pullModel(asked, place);
  };
  return {
    toInfo: () => ({
      kind: 'ociModel',
      reference: printReference(reference),
      ...(pinned ? { tag: String(pinned.tag), creationTime: pinned.creationTime } : {}),
    }),
    fromInfo,
    find: ({ models }) => findPulled(asked, models),
    resolve: async (place) => (await pull(place)).model,
    async pin(place) {
      const { model, digest } = await pull(place);
      const { tag, record } = model;
      const exact = printReference({ ...reference, digest: digest ?? reference.digest });
      const { module, createdMicros } = record;
      return { kind: 'ociModel', reference: exact, tag: String(tag), module, creationTime: printMicros(createdMicros) };
    },
  };
}

function fromInfo({ kind, reference, tag, creationTime }: ModelInfo): ModelRef<Model> {
  if (kind !== 'ociModel' || typeof reference !== 'string') throw new TypeError('ociModel: the reference has no name');
  if (tag === undefined) return ociModel(reference);
  return toRef({
    reference: parseReference(reference),
    pinned: { tag: Tag.parse(String(tag)), creationTime: String(creationTime) },
  });
}

function toEntry({ tag, module, creationTime }: ModelInfo): BentoModelEntry {
  return { tag: String(tag), module: String(module), creation_time: String(creationTime) };
}

function pathInBento({ tag }: ModelInfo): string {
  return Tag.parse(String(tag)).toPath();
}
