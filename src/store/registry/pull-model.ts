/** Makes a model of a registry present in the store. */
import { findHome } from '../../config/home.ts';
import { findRegistries } from '../../config/registries.ts';
import { isServiceError } from '../../errors.ts';
import { type OciReference, printReference } from '../../registry/reference.ts';
import { type Model, openModels } from '../models.ts';
import { printMicros } from '../own-marks.ts';
import { findKnown, findPulled, type RemoteModel } from './find-pulled.ts';
import { openKnownItems } from './known-items.ts';
import { askDigest } from './pull-item.ts';
import type { TransferOptions } from './push-item.ts';

/** What pulling is told beside the reference. */
export interface ModelPlace extends Pick<TransferOptions, 'signal'> {
  /** Absolute folder of the models that a bento brings. */
  readonly models?: string | undefined;
  onProgress?(progress: { readonly what: string; readonly bytes: number; readonly totalBytes: number }): void;
  onWarning?(message: string): void;
}

/** A model, and by which digest its registry has it. */
export interface PulledModel {
  readonly model: Model;
  readonly digest: string | undefined;
}

/**
 * What is pinned and here needs no registry; of a tag the registry is asked what it means now, and one that cannot be
 * reached is no reason not to use what it meant before.
 * @throws ServiceError `REGISTRY_ITEM_MISSING`, `REGISTRY_DENIED`, `REGISTRY_FAILED`, `STORE_ITEM_EXISTS` if another model
 *   in the store has its tag.
 */
export async function pullModel(asked: RemoteModel, place: ModelPlace): Promise<PulledModel> {
  const { reference } = asked;
  const here = asked.pinned || reference.digest !== undefined ? findPulled(asked, place.models) : undefined;
  if (here) return { model: here, digest: reference.digest };
  const digest = reference.digest ?? (await currentDigest(asked, place));
  if (typeof digest !== 'string') return digest;
  const exact: OciReference = { ...reference, digest };
  const home = findHome();
  const known = findKnown(printReference({ ...exact, tag: undefined }), home);
  const model = known ?? (await openModels().pull(printReference(exact), place)).item;
  const creationTime = printMicros(model.record.createdMicros);
  const meant = { reference: printReference(reference), digest, noun: 'model', tag: model.tag, creationTime } as const;
  await openKnownItems(home).note(meant); // for when the registry is away
  return { model, digest };
}

async function currentDigest(
  asked: RemoteModel,
  { models, signal, onWarning }: ModelPlace,
): Promise<string | PulledModel> {
  const place = { home: findHome(), nowMs: Date.now, settings: findRegistries() };
  try {
    return await askDigest(asked.reference, place, signal ?? new AbortController().signal);
  } catch (error) {
    const model = isServiceError(error, 'REGISTRY_FAILED') ? findPulled(asked, models) : undefined;
    if (!model) throw error;
    onWarning?.(`${(error as Error).message}; ${model.tag} is served as it was, which is here`);
    return { model, digest: undefined };
  }
}
