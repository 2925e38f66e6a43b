/** Reads and writes YAML as PyYAML does, which BentoML uses: the same text is the same data on both sides. */
import { createRequire } from 'node:module';
import type { ScalarTag, Tags } from 'yaml';

// On use only: it takes longer to load than all else that `import 'bentots'` loads.
const loadYaml = () => createRequire(import.meta.url)('yaml') as typeof import('yaml');

/** What the files of a store are made of. */
export type Plain =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/**
 * Reads a document. A tag that only Python knows is left out and what it stands before is taken as plain data: nothing
 * is ever constructed.
 * @throws Error with a message of one line.
 */
export function parseYaml(text: string): unknown {
  const document = loadYaml().parseDocument(text, { schema: 'failsafe', customTags, merge: true, logLevel: 'silent' });
  const [broken] = document.errors;
  if (broken) throw new Error(broken.message.split('\n', 1)[0]);
  return document.toJS({ maxAliasCount: 1000 });
}

/** Writes a map, its keys in their order. */
export function printYaml(value: { readonly [key: string]: Plain }): string {
  return loadYaml().stringify(value, {
    schema: 'failsafe',
    customTags,
    singleQuote: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

const prefix = 'tag:yaml.org,2002:';
const scalar = (name: string, rest: Omit<ScalarTag, 'tag'>): ScalarTag => ({ tag: `${prefix}${name}`, ...rest });

// The patterns are those of PyYAML's resolver, which are not quite those of YAML 1.1: `y` is a text, and so is 12e45.
const nullTag = scalar('null', {
  default: true,
  test: /^(?:~|null|Null|NULL|)$/,
  identify: (value) => value === null,
  resolve: () => null,
  stringify: () => 'null',
});

const boolTag = scalar('bool', {
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  identify: (value) => typeof value === 'boolean',
  resolve: (text) => /^(?:yes|true|on)$/i.test(text),
  stringify: ({ value }) => String(value),
});

const intTag = scalar('int', {
  default: true,
  test: /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  identify: (value) => typeof value === 'bigint' || Number.isInteger(value),
  resolve: toInteger,
  stringify: ({ value }) => (Object.is(value, -0) ? '-0.0' : printNumber(value)),
});

const floatTag = scalar('float', {
  default: true,
  test: /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  identify: (value) => typeof value === 'number',
  resolve: toFloat,
  stringify: ({ value }) => printNumber(value),
});

const timestampTag = scalar('timestamp', {
  default: true,
  test: /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
  identify: (value) => value instanceof Date,
  resolve: toDate,
  stringify: ({ value }) => (value as Date).toISOString().replace('T', ' ').replace('Z', '000+00:00'),
});

const binaryTag = scalar('binary', {
  identify: () => false, // what is written has arrays instead
  resolve: (text) => new Uint8Array(Buffer.from(text, 'base64')),
});

const otherTags = [nullTag, boolTag, intTag, floatTag, timestampTag, binaryTag];

/** What PyYAML cannot read where it stands, or would read as another character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that are meant
const unreadable = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Cs}/u;
const unreadableAll = new RegExp(unreadable.source, 'gu');

function customTags(given: Tags): Tags {
  const texts = given.filter((tag) => typeof tag === 'object' && tag.tag === `${prefix}str`) as ScalarTag[];
  const readable = texts.map((tag) => ({
    ...tag,
    stringify: ((item, ...rest) => {
      const text = String(item.value);
      if (text === '=' || text === '<<') return `'${text}'`; // a default value and a merge, were it not quoted
      if (!unreadable.test(text)) return tag.stringify?.(item, ...rest) ?? text;
      const toEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      return JSON.stringify(text).replace(unreadableAll, toEscape);
    }) satisfies ScalarTag['stringify'],
  }));
  const collections = given.filter((tag) => !texts.includes(tag as ScalarTag));
  return [...collections, ...otherTags, ...readable];
}

function toInteger(text: string): number | bigint {
  const plain = text.replaceAll('_', '').replace(/^\+/, '');
  const digits = plain.replace(/^-/, '');
  const sign = plain.startsWith('-') ? -1n : 1n;
  const octal = /^0([0-7]+)$/.exec(digits);
  const value = digits.includes(':') ? fromSixties(digits) : BigInt(octal ? `0o${octal[1]}` : digits);
  const whole = sign * value;
  return whole >= Number.MIN_SAFE_INTEGER && whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : whole;
}

const fromSixties = (digits: string) => digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);

function toFloat(text: string): number {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (plain === '.nan') return Number.NaN;
  if (plain.endsWith('.inf')) return plain.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!plain.includes(':')) return Number(plain);
  const sign = plain.startsWith('-') ? -1 : 1;
  return (
    sign *
    plain
      .replace(/^[-+]/, '')
      .split(':')
      .reduce((sum, part) => sum * 60 + Number(part), 0)
  );
}

/** PyYAML takes a time without a zone as it stands; here it is in UTC. */
function toDate(text: string): Date | string {
  const match =
    /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?[ \t]*(Z|[-+]\d\d?(?::\d\d)?)?)?$/.exec(
      text,
    );
  if (!match) return text;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const [, sign = '+', hours = '0', minutes = '0'] = /^([-+])(\d\d?)(?::(\d\d))?$/.exec(zone) ?? [];
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(utcMs + ms - offsetMs);
}

/** PyYAML takes only those for floating that have a point, and a sign in the exponent. */
function printNumber(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-.inf' : '.inf';
  // A whole number that is not exact would be taken for an exact one.
  const text = Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
  const [mantissa = '', exponent] = text.split('e');
  return exponent === undefined || mantissa.includes('.') ? text : `${mantissa}.0e${exponent}`;
}
