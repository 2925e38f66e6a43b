/** Names shortly what a schema accepts, for a sentence such as `must be string or an object with left and right`. */
import { list, nameKey, quote } from './quote.ts';
import { type Definitions, isSchema, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** What a value of the schema may be, at most a line. */
export function nameAlternatives(schema: JsonSchema, definitions: Definitions): string {
  return list([...new Set(alternativesOf(schema, definitions))], 'or', 8);
}

/** The words that a schema allows, if it allows nothing else. */
export function wordsOf({ enum: words, const: constant }: JsonSchema): readonly unknown[] | undefined {
  if (Array.isArray(words)) return words;
  return constant === undefined ? undefined : [constant];
}

/** Words as they stand in a sentence: `"a", 1 or null`. */
export function nameWords(words: readonly unknown[]): string {
  return `${words.length > 3 ? 'one of ' : ''}${list(words.map(nameWord), 'or', 20)}`;
}

function nameWord(word: unknown): string {
  if (typeof word === 'string') return quote(word);
  return typeof word === 'object' && word !== null ? nameType(Array.isArray(word) ? 'array' : 'object') : String(word);
}

/** The type of a schema as it stands in a sentence. */
export function nameTypes(type: unknown): string {
  return list([type].flat().map(nameType), 'or', 8);
}

const typeNames: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  array: 'an array',
  object: 'an object',
};

function nameType(type: unknown): string {
  return typeNames[String(type)] ?? String(type);
}

function alternativesOf(schema: JsonSchema, definitions: Definitions, depth = 0): string[] {
  const inner = inPlace(schema, definitions);
  const choices = inner.filter(({ anyOf, oneOf }) => Array.isArray(anyOf) || Array.isArray(oneOf));
  if (choices.length > 0 && depth < 8) {
    return choices.flatMap(({ anyOf, oneOf }) =>
      ((anyOf ?? oneOf) as JsonSchema[]).flatMap((member) => alternativesOf(member, definitions, depth + 1)),
    );
  }
  const words = inner.flatMap((part) => wordsOf(part) ?? []);
  if (words.length > 0) return words.map(nameWord);
  const last = inner.map(lastBranch).find((part) => part !== undefined);
  if (last) return alternativesOf(last, definitions, depth + 1);
  const types = inner.flatMap(({ type }) => (type === undefined ? [] : [type].flat().map(String)));
  if (types.length === 0) return ['something else'];
  return types.map((type) => (type === 'object' ? nameObject(inner) : nameType(type)));
}

/** Of members that a word tells apart, what they have in common: `discriminate` puts it last. */
function lastBranch(schema: JsonSchema): JsonSchema | undefined {
  let last: JsonSchema | undefined;
  for (let { else: other } = schema; isSchema(other); other = other.else) last = other;
  return last;
}

function nameObject(parts: readonly JsonSchema[]): string {
  const fields = parts.flatMap(({ required }) => (Array.isArray(required) ? required.map(String) : []));
  return fields.length === 0 ? 'an object' : `an object with ${list(fields.map(nameKey), 'and', 5)}`;
}

/** A schema and those that hold for the same value wherever it does: what it refers to, and `allOf`. */
export function inPlace(schema: JsonSchema, definitions: Definitions, seen = new Set<JsonSchema>()): JsonSchema[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const inner = [resolveReference(schema, definitions), ...(Array.isArray(schema.allOf) ? schema.allOf : [])].filter(
    isSchema,
  );
  return [schema, ...inner.flatMap((part) => inPlace(part, definitions, seen))];
}

/** Whether a value of this kind may be one of the schema's. */
export function admits(schema: JsonSchema, value: unknown, definitions: Definitions, depth = 0): boolean {
  if (depth > 8) return true;
  return inPlace(schema, definitions).every((part) => {
    const { type, anyOf, oneOf, if: condition, then: chosen, else: other } = part;
    if (type !== undefined && ![type].flat().some((one) => isOfType(value, one))) return false;
    const members = anyOf ?? oneOf ?? (condition === undefined ? undefined : [chosen, other]);
    return (
      !Array.isArray(members) || members.filter(isSchema).some((one) => admits(one, value, definitions, depth + 1))
    );
  });
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === (type === 'integer' ? 'number' : type);
}
