/** `localFolder`: a model that lies in a folder beside the service. */
import { statSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelInfo } from '../spec/service-spec.ts';
import type { ModelRef, ModelRefKind } from './model-ref.ts';

/**
 * A model in a folder on this machine. A relative path starts at the folder of the file that is served.
 *
 * @example
 * ```ts
 * @model(localFolder('./weights')) weights!: string; // its absolute path
 * ```
 */
export function localFolder(path: string | URL): ModelRef<string> {
  const text = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof text !== 'string' || text === '') throw new TypeError('localFolder: the path is empty; name a folder');
  return {
    toInfo: () => ({ kind: 'localFolder', path: text }),
    fromInfo,
    find: ({ folder }) => (isFolder(resolvePath(folder, text)) ? resolvePath(folder, text) : undefined),
    async resolve({ folder }) {
      const absolute = resolvePath(folder, text);
      if (!isFolder(absolute))
        throw new Error(`there is no folder ${absolute}; put the model there or change the path`);
      return absolute;
    },
  };
}

/** Makes local folders again from their plain data. */
export const localFolderKind: ModelRefKind<string> = { kind: 'localFolder', fromInfo };

function fromInfo(info: ModelInfo): ModelRef<string> {
  if (info.kind !== 'localFolder' || typeof info.path !== 'string')
    throw new TypeError('localFolder: the reference has no path');
  return localFolder(info.path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
