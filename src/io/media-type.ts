/** The media types that a declared file may have. */
import type { Schema } from './io-type.ts';
import { Misfit } from './misfit.ts';

/** Says in a schema which ones, separated by commas: JSON Schema has the word for one. */
export const mediaTypeKeyword = 'contentMediaType';

/** Whether a text is a media type without parameters, or a range of them such as `image/*`. */
export function isMediaRange(text: string): boolean {
  return /^(?:\*\/\*|[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+))$/.test(text);
}

/**
 * Holds a file against what is declared. What says nothing of itself is let through.
 * @throws Misfit
 */
export function assertMediaType(type: string, { [mediaTypeKeyword]: declared }: Schema): void {
  if (typeof declared !== 'string' || type === '' || type === 'application/octet-stream') return;
  const given = type.toLowerCase();
  const fits = (range: string) => (range.endsWith('/*') ? given.startsWith(range.slice(0, -1)) : given === range);
  if (declared === '*/*' || declared.split(', ').some(fits)) return;
  throw new Misfit('media_type', `must have the media type ${declared.replaceAll(', ', ' or ')}, but has ${type}`);
}

/** What Python clients find in `/schema.json` for a file with declared media types. */
export function describeMediaType({ [mediaTypeKeyword]: declared }: Schema): Schema {
  if (typeof declared !== 'string') return {};
  const kinds = new Set(declared.split(', ').map((range) => range.split('/', 1)[0]));
  const [kind = '*'] = kinds;
  return { content_type: declared, ...(kinds.size === 1 && kind !== '*' ? { format: kind } : {}) };
}
