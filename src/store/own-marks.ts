/** What our program writes of itself into models and bentos. */
import { createRequire } from 'node:module';

/** Says in BentoML's field which program wrote it. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
  return `bentots-${manifest.version}`;
}

/** A time as Python writes it, as exact as that. @param micros microseconds since 1970. */
export function printMicros(micros: number): string {
  const toSeconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  return `${toSeconds}.${String(micros % 1_000_000).padStart(6, '0')}+00:00`;
}

/** A time as Python writes it. @param nowMs milliseconds since 1970. */
export function printInstant(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000+00:00');
}
