/** `URL`: its text in JSON. */
import type { IoType, Schema } from './io-type.ts';
import { Misfit } from './misfit.ts';

/** The schema of a `URL`. */
export const urlSchema: Schema = { type: 'string', format: 'uri', 'x-io-type': 'url' };

const problem = 'must be a URL such as https://example.com/path';

export const url: IoType = {
  name: 'url',
  tags: [],
  read(json) {
    if (typeof json !== 'string' || !URL.canParse(json)) throw new Misfit('url', problem);
    return [/url/, json];
  },
  write: ([, text]: readonly unknown[]) => text,
  parcel: {
    holds: (value) => value instanceof URL,
    pack: (value: URL, fields) => void fields.push(value.href),
    unpack: ([text]) => new URL(String(text)),
  },
  typeText: () => 'URL',
};
