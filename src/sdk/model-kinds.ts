/** The kinds of reference that are resolved without code of the author's. */
import { ServiceError } from '../errors.ts';
import type { ModelInfo, ModelSpec } from '../spec/service-spec.ts';
import { bentoModelKind } from './bento-model.ts';
import { huggingFaceKind } from './hugging-face.ts';
import { localFolderKind } from './local-folder.ts';
import type { BentoModelEntry, ModelPlace, ModelRef, ModelRefKind } from './model-ref.ts';
import { npmPackageKind } from './npm-package.ts';
import { ociModelKind } from './oci-model.ts';

const kinds: readonly ModelRefKind<unknown>[] = [
  bentoModelKind,
  huggingFaceKind,
  localFolderKind,
  npmPackageKind,
  ociModelKind,
];

/** The reference that an info means; undefined for one of an author's own kind. @throws TypeError if it makes no sense. */
export function toRef(info: ModelInfo): ModelRef<unknown> | undefined {
  return kindOf(info)?.fromInfo(info);
}

/** The entry of `models` in `bento.yaml` for a pinned info; undefined if it has none: its files are part of the project. */
export function toBentoEntry(pinned: ModelInfo): BentoModelEntry | undefined {
  return kindOf(pinned)?.toEntry?.(pinned);
}

/**
 * Where in the `models/` of a bento the files of a pinned info belong, with slashes; undefined if they are part of the
 * project. What lies there is found when the bento is served with that folder as {@link ModelPlace.models}.
 */
export function toPathInBento(pinned: ModelInfo): string | undefined {
  return kindOf(pinned)?.pathInBento?.(pinned);
}

/**
 * Which of the files in the folder of a pinned info belong to it, by their path with slashes, since a cache may have
 * more; undefined if all do.
 */
export function toFileFilter(pinned: ModelInfo): ((path: string) => boolean) | undefined {
  return kindOf(pinned)?.fileFilter?.(pinned);
}

/**
 * The pinned infos of the models of a service, by field; what needs no pin, or is of an author's own kind, stays as it is.
 * @param service its name, for the message of an error.
 * @throws ServiceError `MODEL_MISSING` with what to do.
 */
export async function pinModels(
  models: readonly ModelSpec[],
  service: string,
  place: ModelPlace,
): Promise<Readonly<Record<string, ModelInfo>>> {
  const entries = models.map(async ({ field, info }) => {
    const pinned = await explainMissing({ service, field, signal: place.signal }, async () =>
      toRef(info)?.pin?.(place),
    );
    return [field, pinned ?? info] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Does something with the reference of a field; what is wrong with it says which field it is. */
export async function explainMissing<T>(
  { signal, ...owner }: { readonly service: string; readonly field: string; readonly signal?: AbortSignal | undefined },
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (signal?.aborted) throw cause; // nothing is wrong with it
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError('MODEL_MISSING', { ...owner, problem }, { cause });
  }
}

function kindOf(info: ModelInfo): ModelRefKind<unknown> | undefined {
  return kinds.find(({ kind }) => kind === info.kind);
}
