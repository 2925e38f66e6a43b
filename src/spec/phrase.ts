/** Says in plain English which rule a value breaks: what was wanted, what was seen, and what was probably meant. */
import type { ErrorObject } from 'ajv';
import { ioTypeOf } from '../io/io-types.ts';
import { inPlace, nameAlternatives, nameTypes, nameWords, wordsOf } from './alternatives.ts';
import { describeValue, inline, list, nameKey, quote } from './quote.ts';
import { type Definitions, isSchema } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';
import { suggest } from './suggest.ts';

/** Writes the sentence after the place. */
export function phrase(error: ErrorObject, definitions: Definitions): string {
  const { keyword, params, data, propertyName } = error;
  const schema = isSchema(error.parentSchema) ? error.parentSchema : {};
  if (propertyName !== undefined) return `is not allowed as a key, which ${wanted(error, schema, definitions)}`;
  if (keyword === 'required') return missing(String(params.missingProperty), data, schema);
  const extra = extraKeyOf(error);
  if (extra !== undefined) return unknownField(extra, schema);
  return (
    plain.get(keyword)?.(error) ??
    `${wanted(error, schema, definitions)}${seen(error)}${meant(error, schema, definitions)}`
  );
}

/** The key that is one too many, for rules about objects that are closed. */
export function extraKeyOf({ params }: ErrorObject): string | undefined {
  const key: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  return key === undefined ? undefined : String(key);
}

function missing(field: string, data: unknown, { properties }: JsonSchema): string {
  const known = isSchema(properties) ? properties : {};
  const similar = suggest(field, isSchema(data) ? keysBut(data, known) : []);
  if (similar !== undefined) return `is missing; did you mean it by ${quote(similar)}?`;
  const schema = Object.hasOwn(known, field) ? known[field] : undefined;
  const words = isSchema(schema) ? wordsOf(schema) : undefined;
  return words ? `is missing; it must be ${nameWords(words)}` : 'is missing';
}

function* keysBut(data: object, known: object): Generator<string> {
  for (const key of Object.keys(data)) if (!Object.hasOwn(known, key)) yield key;
}

function unknownField(field: string, { properties }: JsonSchema): string {
  const known = isSchema(properties) ? Object.keys(properties) : [];
  const similar = suggest(field, known);
  if (similar !== undefined) return `is no field of the object; did you mean ${quote(similar)}?`;
  if (known.length === 0) return 'is no field of the object';
  return `is no field of the object; there is ${list(known.map(nameKey), 'and', 10)}`;
}

const formatExamples: Readonly<Record<string, string>> = {
  'date-time': '2024-05-31T12:00:00Z',
  date: '2024-05-31',
  time: '12:00:00Z',
  duration: 'PT1H30M',
};

const count = (limit: number, one: string) => `${limit} ${one}${limit === 1 ? '' : 's'}`;

/** Rules that compare with a number. */
const bounds: ReadonlyMap<string, (limit: number) => string> = new Map([
  ['minimum', (limit: number) => `must be at least ${limit}`],
  ['maximum', (limit) => `must be at most ${limit}`],
  ['exclusiveMinimum', (limit) => `must be above ${limit}`],
  ['exclusiveMaximum', (limit) => `must be below ${limit}`],
  ['minLength', (limit) => `must have at least ${count(limit, 'character')}`],
  ['maxLength', (limit) => `must have at most ${count(limit, 'character')}`],
  ['minItems', (limit) => `must have at least ${count(limit, 'item')}`],
  ['maxItems', (limit) => `must have at most ${count(limit, 'item')}`],
  ['items', (limit) => `must have at most ${count(limit, 'item')}`], // `items: false`, after the places of a tuple
  ['minProperties', (limit) => `must have at least ${count(limit, 'field')}`],
  ['maxProperties', (limit) => `must have at most ${count(limit, 'field')}`],
]);

type PlainPhrase = (error: ErrorObject) => string | undefined;

/** Rules for which it does not matter what the value is. */
const plain: ReadonlyMap<string, PlainPhrase> = new Map<string, PlainPhrase>([
  ['not', ({ schema }) => (isEmpty(schema) ? 'must be left out' : 'has a value that is not allowed here')],
  ['false schema', () => 'must be left out'],
  [
    'uniqueItems',
    // Which of the two comes first depends on the kind of the items.
    ({ params: { i, j } }) => `must have no item twice, but [${Math.min(i, j)}] and [${Math.max(i, j)}] are the same`,
  ],
  ['oneOf', ({ params }) => (params.passingSchemas ? 'fits more than one of the alternatives' : undefined)],
]);

function isEmpty(schema: unknown): boolean {
  return schema === true || (isSchema(schema) && Object.keys(schema).length === 0);
}

function wanted({ keyword, params, message }: ErrorObject, schema: JsonSchema, definitions: Definitions): string {
  const bound = bounds.get(keyword);
  if (bound && typeof params.limit === 'number') return bound(params.limit);
  const words = wordsOf(schema);
  if (words && (keyword === 'enum' || keyword === 'const' || keyword === 'type')) return `must be ${nameWords(words)}`;
  if (keyword === 'type') return `must be ${ioTypeOf(schema)?.asked ?? nameTypes(params.type)}`;
  if (keyword === 'anyOf' || keyword === 'oneOf') return `must be ${nameAlternatives(schema, definitions)}`;
  if (keyword === 'multipleOf') return `must be a multiple of ${params.multipleOf}`;
  if (keyword === 'pattern') return `must match ${inline(String(params.pattern))}`;
  if (keyword === 'contains') return 'must have an item of another kind';
  if (keyword !== 'format') return inline(message ?? 'is not as declared');
  const format = inline(String(params.format));
  const example = Object.hasOwn(formatExamples, format) ? ` such as ${formatExamples[format]}` : '';
  return `must be a valid ${format}${example}`;
}

function seen({ keyword, data, propertyName }: ErrorObject): string {
  if (propertyName !== undefined) return '';
  if (keyword.endsWith('Length') && typeof data === 'string') return `, but has ${characters(data)}`;
  if (/^(?:min|max)?items$/i.test(keyword) && Array.isArray(data)) return `, but has ${data.length}`;
  if (keyword.endsWith('Properties') && isSchema(data)) return `, but has ${Object.keys(data).length}`;
  return `, but is ${keyword.endsWith('Of') && isSchema(data) ? describeFields(data) : describeValue(data)}`;
}

/** Which of several objects a caller had in mind is told by its fields. */
function describeFields(data: object): string {
  const fields = Object.keys(data);
  return fields.length === 0
    ? 'an empty object'
    : `an object with ${list(fields.slice(0, 100).map(nameKey), 'and', 5)}`;
}

/** As JSON Schema counts them: a surrogate pair is one. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function meant({ keyword, data }: ErrorObject, schema: JsonSchema, definitions: Definitions): string {
  if (typeof data !== 'string') return '';
  const members = keyword === 'anyOf' || keyword === 'oneOf' ? [schema[keyword]].flat() : [schema];
  const parts = members.filter(isSchema).flatMap((member) => inPlace(member, definitions));
  const words = parts.flatMap((part) => wordsOf(part) ?? []).filter((word) => typeof word === 'string');
  const similar = suggest(data, words);
  return similar === undefined ? '' : `; did you mean ${quote(similar)}?`;
}
