/** Finds the object store that `s3://` addresses mean, as far as the SDK of Amazon does not. */

import { fromEnvironment, type Resolved, resolveOptions } from './resolve.ts';
import { objectStoreOptions } from './store-options.ts';

/** Reads the environment. @throws ServiceError `OPTION_INVALID` */
export function findObjectStore(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Resolved<typeof objectStoreOptions> {
  return resolveOptions(objectStoreOptions, fromEnvironment(objectStoreOptions, environment), 'environment');
}
