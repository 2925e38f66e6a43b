/** Makes the models of a service present once, for all of its workers. */
import { explainMissing, toRef } from '../sdk/model-kinds.ts';
import type { ModelPlace } from '../sdk/model-ref.ts';
import type { ResolvedModel } from '../spec/messages.ts';
import type { ModelInfo, ServiceSpec } from '../spec/service-spec.ts';

/**
 * What each `@model` field gets, by field name. References of an author's own kind are left to the worker, since they
 * are the author's code.
 *
 * @param pinned what a bento keeps in place of what its code says, by field.
 * @throws ServiceError `MODEL_MISSING` with what to do.
 */
export async function resolveModels(
  { models, name: service }: ServiceSpec,
  place: ModelPlace,
  pinned: Readonly<Record<string, ModelInfo>> = {},
): Promise<Readonly<Record<string, ResolvedModel>>> {
  const entries = models.map(async ({ field, info }) => {
    const value = await explainMissing({ service, field, signal: place.signal }, async () =>
      toRef((Object.hasOwn(pinned, field) ? pinned[field] : undefined) ?? info)?.resolve(place),
    );
    return value === undefined ? [] : [[field, toPlain(value)] as const];
  });
  return Object.fromEntries((await Promise.all(entries)).flat());
}

/** A model itself cannot cross to a worker, which makes it again of its folder. */
function toPlain(value: unknown): ResolvedModel {
  if (typeof value === 'string') return { gives: 'folder', folder: value };
  return { gives: 'model', folder: (value as { readonly folder: string }).folder }; // no kind gives anything else
}
