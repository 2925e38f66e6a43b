/** What whoever asks a registry has to bring. */
import type { RegistrySettings } from '../config/registries.ts';
import type { Patience } from '../outbound/retry.ts';

/** What asking registries needs. */
export interface RegistryAccess extends Patience {
  readonly settings: Pick<RegistrySettings, 'credentialsFile' | 'plainHttp' | 'networks' | 'proxies'>;
  /** Whether anybody could reach an address. @default by its range */
  readonly isPublic?: ((address: string) => boolean) | undefined;
}
