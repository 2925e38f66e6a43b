/** What the `@model` fields of a service get in a worker. */
import { modelRefs } from '../sdk/describe-class.ts';
import { explainMissing } from '../sdk/model-kinds.ts';
import type { ModelPlace } from '../sdk/model-ref.ts';
import type { ResolvedModel } from '../spec/messages.ts';
import { never } from '../spec/never.ts';
import { readModel } from '../store/find-model.ts';

/**
 * The values by field: of what the pool has resolved, else of the author's own references.
 * @throws ServiceError `MODEL_MISSING`
 */
export async function receiveModels(
  serviceClass: object,
  resolved: Readonly<Record<string, ResolvedModel>>,
  { service, place }: { readonly service: string; readonly place: ModelPlace },
): Promise<ReadonlyMap<string, unknown>> {
  const models = new Map<string, unknown>();
  for (const [field, model] of Object.entries(resolved)) {
    models.set(field, await explainMissing({ service, field }, async () => receive(model)));
  }
  for (const [field, ref] of modelRefs(serviceClass)) {
    if (models.has(field)) continue;
    models.set(field, await explainMissing({ service, field }, () => ref.resolve(place)));
  }
  return models;
}

function receive(model: ResolvedModel): unknown {
  switch (model.gives) {
    case 'folder':
      return model.folder;
    case 'model':
      return readModel(model.folder); // one that was deleted since cannot be served
    default:
      return never(model.gives);
  }
}
