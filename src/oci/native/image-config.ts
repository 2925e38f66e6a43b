/** Reads the configuration of an OCI image that somebody else has made. */
import { isDigest } from '../../registry/reference.ts';

/** What an image says of itself; of its configuration what a container of it takes over. */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly config: {
    readonly Env?: readonly string[] | null;
    readonly ExposedPorts?: Rows | null;
    readonly Labels?: Rows | null;
    readonly [key: string]: unknown;
  };
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
  readonly history?: readonly { readonly empty_layer?: boolean }[] | undefined;
}

type Rows = Readonly<Record<string, unknown>>;

const isRows = (value: unknown): value is Rows => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isListOf = (is: (one: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(is);

interface Field {
  readonly at: readonly string[];
  readonly wanted: string;
  readonly isNeeded: boolean;
  is(value: unknown): boolean;
}

/** Of https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md what is read here; Docker writes null for what is not there. */
const fields: readonly Field[] = [
  { at: ['os'], wanted: 'a text', isNeeded: true, is: isText },
  { at: ['architecture'], wanted: 'a text', isNeeded: true, is: isText },
  { at: ['variant'], wanted: 'a text', isNeeded: false, is: (value) => typeof value === 'string' },
  { at: ['rootfs'], wanted: 'an object', isNeeded: true, is: isRows },
  { at: ['rootfs', 'diff_ids'], wanted: 'a list of digests', isNeeded: true, is: isListOf(isDigest) },
  { at: ['history'], wanted: 'a list of objects', isNeeded: false, is: isListOf(isRows) },
  { at: ['config'], wanted: 'an object', isNeeded: false, is: isRows },
  {
    at: ['config', 'Env'],
    wanted: 'a list of NAME=value',
    isNeeded: false,
    is: isListOf((one) => typeof one === 'string' && one.indexOf('=') > 0),
  },
  { at: ['config', 'ExposedPorts'], wanted: 'an object', isNeeded: false, is: isRows },
  { at: ['config', 'Labels'], wanted: 'an object', isNeeded: false, is: isRows },
];

const longestSeen = 80;

/** @param refuse makes the error of what a container could not be made of. */
export function readImageConfig(bytes: Buffer, refuse: (problem: string) => Error): ImageConfig {
  const rows = parseJson(bytes);
  if (!isRows(rows)) throw refuse('its configuration is no JSON object');
  for (const { at, wanted, isNeeded, is } of fields) {
    const value = at.reduce<unknown>((inside, name) => (isRows(inside) ? inside[name] : undefined), rows) ?? undefined;
    if (value === undefined ? !isNeeded : is(value)) continue;
    const seen = JSON.stringify(value)?.slice(0, longestSeen) ?? 'nothing';
    throw refuse(`its configuration has ${seen} as ${at.join('.')}, which must be ${wanted}`);
  }
  const { config, history, variant, ...more } = rows as unknown as ImageConfig; // looked at above, field by field
  return { ...more, config: config ?? {}, history: history ?? undefined, variant: variant ?? undefined };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
