/** Makes the models of a service present once, for all of its workers. */
import { ServiceError } from '../errors.ts';
import { localFolderKind } from '../sdk/local-folder.ts';
import type { ModelRefKind } from '../sdk/model-ref.ts';
import { npmPackageKind } from '../sdk/npm-package.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';

const kinds: readonly ModelRefKind<unknown>[] = [localFolderKind, npmPackageKind];

/**
 * What each `@model` field gets, by field name. References of an author's own kind are left to the worker, since they
 * are the author's code.
 *
 * @param folder where the served file lies.
 * @throws ServiceError `MODEL_MISSING` with what to do.
 */
export async function resolveModels(spec: ServiceSpec, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const entries = spec.models.map(async ({ field, info }) => {
    const kind = kinds.find((candidate) => candidate.kind === info.kind);
    if (!kind) return [];
    try {
      return [[field, await kind.fromInfo(info).resolve({ folder })] as const];
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new ServiceError('MODEL_MISSING', { service: spec.name, field, problem }, { cause });
    }
  });
  return Object.fromEntries((await Promise.all(entries)).flat());
}
