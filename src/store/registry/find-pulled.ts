/** Finds a model of a registry where it is already: in a bento, or in the store, whoever put it there. */
import { join } from 'node:path';
import { findHome } from '../../config/home.ts';
import { type OciReference, printReference } from '../../registry/reference.ts';
import type { Tag } from '../../tag.ts';
import { findModel } from '../find-model.ts';
import { modelKind } from '../model-record.ts';
import type { Model } from '../models.ts';
import { printMicros } from '../own-marks.ts';
import { openKnownItems } from './known-items.ts';

/** Which model it is, once that is fixed. */
export interface PinnedModel {
  readonly tag: Tag;
  /** As in its `model.yaml`. */
  readonly creationTime: string;
}

/** A model of a registry. */
export interface RemoteModel {
  readonly reference: OciReference;
  readonly pinned: PinnedModel | undefined;
}

/** @param models folder of the models that a bento brings. */
export function findPulled({ reference, pinned }: RemoteModel, models: string | undefined): Model | undefined {
  const home = findHome();
  if (!pinned) return findKnown(printReference(reference), home);
  for (const root of [models, join(home, modelKind.folder)]) {
    const found = root === undefined ? undefined : findModel(pinned.tag, root);
    if (found && isSame(found, pinned)) return found;
  }
  return undefined;
}

/** The model that a reference meant when it was pulled or pushed. */
export function findKnown(reference: string, home: string): Model | undefined {
  const known = openKnownItems(home).find(reference);
  const found = known?.noun === 'model' ? findModel(known.tag, join(home, modelKind.folder)) : undefined;
  return known && found && isSame(found, known) ? found : undefined;
}

/** Its tag alone another model may have got. */
function isSame({ tag, record }: Model, wanted: PinnedModel): boolean {
  return tag.equals(wanted.tag) && printMicros(record.createdMicros) === wanted.creationTime;
}
