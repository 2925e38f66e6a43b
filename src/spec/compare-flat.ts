/** A schema as a list of flat alternatives: nothing referred to, nothing combined, every keyword in one place. */
import { inPlace } from './alternatives.ts';
import { type Definitions, isSchema } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** One alternative. Where two parts of a schema could not be made one, it says less than the schema: it allows more. */
export interface Flat {
  /** The types that its values may have; all of JSON's without any. */
  readonly types: readonly string[];
  /** Its values one by one, where they can be counted. */
  readonly values: readonly unknown[] | undefined;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
  /** The other keywords. */
  readonly rest: JsonSchema;
}

/** The types of JSON; a whole number is a number. */
export const jsonTypes: readonly string[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

/** Keywords that say something to people, or where something is, and nothing about values. */
export const annotations: ReadonlySet<string> = new Set([
  'title', 'description', 'examples', 'default', 'deprecated', 'discriminator', 'readOnly', 'writeOnly',
  '$comment', '$defs', '$id', '$schema', '$anchor',
]); // biome-ignore format: a list reads as a list

const mostAlternatives = 200; // of a schema that people read

/** The alternatives; together they allow all that the schema allows. `undefined` where there are too many. */
export function flatten(schema: JsonSchema, definitions: Definitions, depth = 0): readonly Flat[] | undefined {
  if (depth > 20) return undefined;
  const parts = inPlace(schema, definitions);
  const base = parts.reduce(add, anything);
  const choice = parts.map(({ anyOf, oneOf }) => anyOf ?? oneOf).find((members) => Array.isArray(members));
  if (!Array.isArray(choice)) return splitTypes(base);
  const alternatives: Flat[] = [];
  for (const member of choice) {
    if (member === false) continue;
    const flats = isSchema(member) ? flatten(member, definitions, depth + 1) : [anything];
    if (!flats || alternatives.length + flats.length > mostAlternatives) return undefined;
    for (const flat of flats) alternatives.push(...splitTypes(both(base, flat)));
  }
  return alternatives;
}

const anything: Flat = { types: [], values: undefined, properties: new Map(), required: new Set(), rest: {} };

function add(flat: Flat, schema: JsonSchema): Flat {
  const {
    type,
    const: constant,
    enum: words,
    properties,
    required,
    $ref: _,
    allOf: _all,
    anyOf,
    oneOf,
    ...others
  } = schema;
  return both(flat, {
    types: type === undefined ? [] : [type].flat().map(String),
    values: Array.isArray(words) ? words : constant === undefined ? undefined : [constant],
    properties: new Map(isSchema(properties) ? Object.entries(properties) : []),
    required: new Set(Array.isArray(required) ? required.map(String) : []),
    rest: Object.fromEntries(Object.entries(others).filter(([keyword]) => !annotations.has(keyword))),
  });
}

function both(a: Flat, b: Flat): Flat {
  return {
    types: commonTypes(a.types, b.types),
    values: a.values && b.values ? a.values.filter((value) => b.values?.some(isSame(value))) : (a.values ?? b.values),
    properties: mergeProperties(a.properties, b.properties),
    required: a.required.union(b.required),
    rest: mergeRest(a.rest, b.rest),
  };
}

function commonTypes(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length === 0 || b.length === 0) return [...a, ...b];
  const common = a.filter((type) => b.includes(type) || (type === 'integer' && b.includes('number')));
  const whole = b.includes('integer') && a.includes('number') && !common.includes('integer') ? ['integer'] : [];
  return common.length + whole.length === 0 ? ['nothing'] : [...common, ...whole];
}

function mergeProperties(a: Flat['properties'], b: Flat['properties']): Flat['properties'] {
  if (a.size === 0 || b.size === 0) return a.size === 0 ? b : a;
  const merged = new Map(a);
  for (const [name, schema] of b) {
    const other = a.get(name);
    merged.set(name, other === undefined || isSame(other)(schema) ? schema : { allOf: [other, schema] });
  }
  return merged;
}

const narrower: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ...['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'].map((name) => [name, Math.max] as const),
  ...['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'].map((name) => [name, Math.min] as const),
]);

// Of two rules that cannot be made one, the first is kept and the second forgotten.
function mergeRest(a: JsonSchema, b: JsonSchema): JsonSchema {
  const merged: Record<string, unknown> = { ...b, ...a };
  for (const [keyword, choose] of narrower) {
    if (typeof a[keyword] === 'number' && typeof b[keyword] === 'number') {
      merged[keyword] = choose(a[keyword], b[keyword]);
    }
  }
  return merged;
}

/** One alternative for each type, so that each is compared with what the other side says about that type. */
function splitTypes(flat: Flat): Flat[] {
  if (flat.types.includes('nothing') || flat.values?.length === 0) return [];
  if (flat.values) return splitValues(flat, flat.values);
  if (flat.types.length === 0) return [flat];
  return flat.types.map((type) => ({ ...flat, types: [type], values: countable.get(type) }));
}

const countable: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['boolean', [true, false]],
  ['null', [null]],
]);

function splitValues(flat: Flat, values: readonly unknown[]): Flat[] {
  const allowed = values.filter((value) => flat.types.length === 0 || flat.types.some((type) => isOfType(value, type)));
  const byType = Map.groupBy(allowed, typeOf);
  return [...byType].map(([type, some]) => ({ ...flat, types: [type], values: some }));
}

/** `other?: never` says that a field belongs to another member of a union. */
export function isAbsent(schema: unknown): boolean {
  if (!isSchema(schema)) return schema === false;
  return isSchema(schema.not) && Object.keys(schema.not).length === 0;
}

/** The type of a value in the words of JSON Schema. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Whether a value is of a type. */
export function isOfType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type;
}

/** Whether JSON values are the same; the order of keys does not count. */
export function isSame(a: unknown): (b: unknown) => boolean {
  const text = toText(a);
  return (b) => toText(b) === text;
}

/** JSON with its keys in order. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isSchema(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
