/** What our program writes of itself into models and bentos. */
import { createRequire } from 'node:module';

/** Says in BentoML's field which program wrote it. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
  return `bentots-${manifest.version}`;
}

/** A time as Python writes it. @param nowMs milliseconds since 1970. */
export function printInstant(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000+00:00');
}
