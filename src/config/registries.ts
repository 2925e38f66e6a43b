/** Finds how registries of OCI images and artifacts are asked. */
import { join } from 'node:path';
import { type Environment, expandPath } from './expand-path.ts';
import { fromEnvironment, resolveOptions } from './resolve.ts';
import { registryOptions } from './store-options.ts';

/** What the environment says of registries. */
export interface RegistrySettings {
  /** Absolute path of Docker's `config.json`, which need not be there. */
  readonly credentialsFile: string;
  /** Where things go that are named without a registry. */
  readonly place: string | undefined;
  /** Hosts that are asked without encryption. */
  readonly plainHttp: readonly string[];
  /** Networks that may be led to though they are not public. */
  readonly networks: readonly string[];
  /** Proxies by which registries are asked, as they are written; secret, since one may have a password. */
  readonly proxies: {
    readonly httpProxy: string | undefined;
    readonly httpsProxy: string | undefined;
    /** Hosts, domains and networks that are asked directly. */
    readonly noProxy: string | undefined;
  };
}

/** Reads the variables. @throws ServiceError `OPTION_INVALID` */
export function findRegistries(environment: Environment = process.env): RegistrySettings {
  const given = fromEnvironment(registryOptions, environment);
  const settings = resolveOptions(registryOptions, given, 'environment');
  const { dockerConfig, place, plainHttp, networks, ...proxies } = settings;
  const credentialsFile = join(expandPath(dockerConfig, environment), 'config.json');
  return { credentialsFile, place, plainHttp, networks, proxies };
}
