/** Values as they are sent, and the exact type that TypeScript sees in each. */

/** What JSON can say, with a {@link Decoded} where the author's method gets something that it cannot. */
export type Value = null | boolean | number | string | Decoded | readonly Value[] | { readonly [key: string]: Value };

/** A value that JSON cannot say, such as a date. */
export class Decoded {
  /** What is sent in its place. */
  readonly wire: unknown;
  /** The type of what the author's method gets, as TypeScript's source. */
  readonly type: string;
  /** What the author's method gets. */
  readonly value: unknown;

  constructor(wire: unknown, type: string, value: unknown) {
    this.wire = wire;
    this.type = type;
    this.value = value;
  }
}

/** What a caller sends. */
export function toWire(value: Value): unknown {
  return convert(value, ({ wire }) => wire);
}

/** What the author's method gets. */
export function toDecoded(value: Value): unknown {
  return convert(value, (decoded) => decoded.value);
}

function convert(value: Value, open: (decoded: Decoded) => unknown): unknown {
  if (value instanceof Decoded) return open(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => convert(item, open));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, convert(inner, open)]));
}

/** The value's exact type. Objects carry marks, see `Marked` and `Numbered` in compiler.ts. */
export function toTypeText(value: Value): string {
  if (value instanceof Decoded) return value.type;
  if (typeof value !== 'object' || value === null) return quote(value);
  if (isList(value)) return `[${value.map(toTypeText).join(', ')}]`;
  const marks = Object.keys(value).every((key) => /^-?[0-9]+$/.test(key)) ? '$: never; $numbered: never;' : '$: never;';
  const properties = Object.entries(value).map(([key, inner]) => `${quote(key)}: ${toTypeText(inner)};`);
  return `{ ${[marks, ...properties].join(' ')} }`;
}

/** On one line: TypeScript ends a line at U+2028 and U+2029, too. */
function quote(value: unknown): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
}

/** How many values it is made of, itself included. */
export function countParts(value: Value): number {
  return innerOf(value).reduce<number>((sum, inner) => sum + countParts(inner), 1);
}

/** The value with one of its parts, counted from itself in the order of writing, put another in its place. */
export function replacePart(value: Value, at: number, other: Value): Value {
  if (at === 0) return other;
  let left = at - 1;
  const next = (inner: Value) => {
    const size = countParts(inner);
    const replaced = left >= 0 && left < size ? replacePart(inner, left, other) : inner;
    left -= size;
    return replaced;
  };
  if (value instanceof Decoded || typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(next);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, next(inner)]));
}

function innerOf(value: Value): readonly Value[] {
  if (value instanceof Decoded || typeof value !== 'object' || value === null) return [];
  return isList(value) ? value : Object.values(value);
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}
