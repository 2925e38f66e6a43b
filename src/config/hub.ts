/** Finds the hub of models, what it may be asked with, and where what it gave is kept. */
import { type Environment, expandPath } from './expand-path.ts';
import { fromEnvironment, resolveOptions } from './resolve.ts';
import { hubOptions } from './store-options.ts';

/** What the environment says of the hub. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Absolute. */
  readonly cacheFolder: string;
  readonly isOffline: boolean;
  /** Secret: no message may have it. */
  readonly token: string | undefined;
  /** Absolute path of a file that may hold the token. */
  readonly tokenFile: string;
}

/** Reads the variables that Hugging Face's own programs read. @throws ServiceError `OPTION_INVALID` */
export function findHub(environment: Environment = process.env): HubSettings {
  const given = fromEnvironment(hubOptions, environment);
  const { endpoint, cache, isOffline, token, tokenFile } = resolveOptions(hubOptions, given, 'environment');
  return {
    endpoint: endpoint.replace(/\/+$/, ''),
    cacheFolder: expandPath(cache, environment),
    isOffline,
    token,
    tokenFile: expandPath(tokenFile, environment),
  };
}
