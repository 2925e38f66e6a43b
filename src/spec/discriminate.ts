/** Rewrites unions that one word tells apart, so that only the member that is meant is checked. */
import { ServiceError } from '../errors.ts';
import { findDoubleRecursion } from './double-recursion.ts';
import { definitionsOf, mapSubschemas, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/**
 * `anyOf` tries every member at every level: a wrong value 30 levels deep in a recursive union of two would be checked
 * 2^30 times. Where a required property has another constant in each member, `if` and `then` check one member only.
 *
 * @throws ServiceError `TYPE_UNSUPPORTED` for a recursive union that nothing tells apart.
 */
export function discriminate(schema: JsonSchema): JsonSchema {
  const definitions = definitionsOf(schema);
  const resolve = (member: JsonSchema) => resolveReference(member, definitions) ?? member;
  const rewrite = (part: JsonSchema): JsonSchema => {
    const rewritten = mapSubschemas(part, rewrite);
    const { anyOf, oneOf, discriminator, allOf = [], ...rest } = rewritten;
    const keyword = Array.isArray(anyOf) ? 'anyOf' : 'oneOf';
    const members = rewritten[keyword] as readonly JsonSchema[] | undefined;
    if (!Array.isArray(members) || (keyword === 'oneOf' && discriminator === undefined)) return rewritten;
    const isObject = (member: JsonSchema) => resolve(member).properties !== undefined;
    const objects = members.filter(isObject);
    const tag = findTag(objects.map((member) => resolve(member)));
    if (!tag) return rewritten;
    const others = members.filter((member) => !isObject(member)); // `null`, or a word for the most common one
    const choice = chain(objects, tag);
    const union = others.length === 0 ? choice : { anyOf: [choice, ...others] };
    const besides = keyword === 'anyOf' && oneOf !== undefined ? { oneOf } : {};
    return { ...rest, ...besides, allOf: [...(allOf as readonly JsonSchema[]), union] };
  };
  const rewritten = rewrite(schema);
  const found = findDoubleRecursion(rewritten);
  if (!found) return rewritten;
  throw new ServiceError('TYPE_UNSUPPORTED', {
    problem:
      `several members of the union in ${found.definition} lead back to it through ${found.through}, so that checking a value ` +
      "could take for ever; give each member a property with a word of its own, for example kind: 'leaf'",
  });
}

/** The property that tells objects apart. */
interface Tag {
  readonly key: string;
  /** Of each object. */
  readonly words: readonly (readonly unknown[])[];
}

/** Finds a required property whose words differ between at least two objects. */
export function findTag(members: readonly JsonSchema[]): Tag | undefined {
  const [first] = members;
  if (members.length < 2 || !first?.properties) return undefined;
  for (const key of Object.keys(first.properties)) {
    const words = members.map((member) => wordsOf(member, key));
    const all = words.flat();
    if (words.every((some) => some.length > 0) && new Set(all).size === all.length) return { key, words };
  }
  return undefined;
}

function wordsOf(member: JsonSchema, key: string): readonly unknown[] {
  const { properties, required } = member as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  if (!required?.includes(key) || !properties || !Object.hasOwn(properties, key)) return [];
  const { const: constant, enum: words } = properties[key] as JsonSchema;
  if (constant !== undefined) return [constant];
  return Array.isArray(words) ? words : [];
}

function chain(members: readonly JsonSchema[], { key, words }: Tag): JsonSchema {
  const none: JsonSchema = {
    type: 'object',
    properties: { [key]: { enum: words.flat() } },
    required: [key],
  };
  return members.reduceRight<JsonSchema>(
    (otherwise, member, index) => ({
      if: {
        type: 'object',
        properties: { [key]: { enum: words[index] } },
        required: [key],
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: member,
      else: otherwise,
    }),
    none,
  );
}
