/** Says of unions that one word tells apart which word that is. */
import { findTag } from '../spec/discriminate.ts';
import { definitionsOf, mapSubschemas, resolveReference } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';

/**
 * `anyOf` becomes `oneOf` with a `discriminator` wherever a required property has another word in each of the objects:
 * those who read the document then know by what to choose.
 * @see https://spec.openapis.org/oas/v3.1.1.html#discriminator-object
 */
export function markDiscriminated(document: JsonSchema): JsonSchema {
  const definitions = definitionsOf(document);
  const resolve = (member: JsonSchema) => resolveReference(member, definitions) ?? member;
  const mark = (schema: JsonSchema): JsonSchema => {
    const marked = mapSubschemas(schema, mark);
    const { anyOf, ...rest } = marked;
    if (!Array.isArray(anyOf)) return marked;
    const members = anyOf as JsonSchema[]; // of the schema that was just copied
    const objects = members.filter((member) => resolve(member).properties !== undefined);
    const tag = findTag(objects.map(resolve));
    if (!tag) return marked;
    const choice = { oneOf: objects, discriminator: { propertyName: tag.key } };
    const others = members.filter((member) => !objects.includes(member));
    return others.length === 0 ? { ...choice, ...rest } : { anyOf: [choice, ...others], ...rest };
  };
  return mark(document);
}
