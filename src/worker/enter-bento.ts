/** Makes a process ready for the modules of a bento, before they are loaded. */
import { existsSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServiceError } from '../errors.ts';
import type { BentoPlaces } from '../spec/messages.ts';

type Resolve = Parameters<typeof registerHooks>[0]['resolve'];

/**
 * Has stacks name the author's sources, and finds its packages.
 * @throws ServiceError `BENTO_UNSERVABLE` if it was deleted.
 */
export function enterBento({ name, folder, packageFolders }: BentoPlaces): void {
  if (!existsSync(folder)) {
    const problem = `it is no longer in ${folder}: it was deleted while it was served; serve another one`;
    throw new ServiceError('BENTO_UNSERVABLE', { bento: name, problem });
  }
  process.setSourceMapsEnabled(true);
  findPackagesFrom(folder, packageFolders);
}

/**
 * From here on modules below the folder find packages as Node has it, and then from the other folders, in their order:
 * a bento in the store has none beside it. `bentots` is this very copy, since one process has only one.
 */
function findPackagesFrom(bentoFolder: string, folders: readonly string[]): void {
  const inside = pathToFileURL(join(bentoFolder, '/')).href;
  const others = folders.map((folder) => join(folder, 'any.js')); // the file need not be there
  let isAsking = false;
  const resolveFrom = (from: string, ...[specifier, context, next]: Parameters<NonNullable<Resolve>>) => {
    if (context.conditions.includes('import')) {
      return next(specifier, { ...context, parentURL: pathToFileURL(from).href });
    }
    isAsking = true; // for `require` Node takes no other parent, so that it is asked anew
    try {
      return { url: pathToFileURL(createRequire(from).resolve(specifier)).href, shortCircuit: true };
    } finally {
      isAsking = false;
    }
  };
  const resolve: NonNullable<Resolve> = (specifier, context, next) => {
    const isPackage = !/^(?:[./#]|[a-z][a-z+.-]*:)/i.test(specifier);
    if (isAsking || !isPackage || !context.parentURL?.startsWith(inside)) return next(specifier, context);
    if (/^bentots(?:\/|$)/.test(specifier)) return resolveFrom(import.meta.filename, specifier, context, next);
    try {
      return next(specifier, context);
    } catch (error) {
      for (const folder of others) {
        try {
          return resolveFrom(folder, specifier, context, next);
        } catch {
          // the first error is the one to tell
        }
      }
      throw error;
    }
  };
  registerHooks({ resolve });
}
