/** Says of unions that one word tells apart which word means which member, in the way that OpenAPI has for it. */
import { findTag } from '../spec/discriminate.ts';
import { definitionsOf, isSchema, mapSubschemas, resolveReference } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';

type Definitions = Record<string, JsonSchema>;

/**
 * A schema document in which every such union is a `oneOf` of references with a `discriminator`: OpenAPI allows one only
 * where each member has a name (section 4.8.25 of version 3.1.0), so those without are given one under `$defs`.
 */
export function tellApart(document: JsonSchema): JsonSchema {
  const { $defs: _, ...root } = document;
  const given = definitionsOf(document);
  const definitions: Definitions = { ...given };

  const nameMember = (member: JsonSchema, word: unknown): string => {
    const wanted = typeof member.title === 'string' ? member.title : String(word);
    const name = toName(wanted);
    let candidate = name;
    for (let count = 2; Object.hasOwn(definitions, candidate); count++) candidate = `${name}_${count}`;
    definitions[candidate] = member;
    return candidate;
  };
  const rewrite = (schema: JsonSchema): JsonSchema => {
    const mapped = mapSubschemas(schema, rewrite);
    const { anyOf, oneOf, discriminator: _, ...rest } = mapped;
    const members = anyOf ?? oneOf;
    if (!Array.isArray(members)) return mapped;
    const standFor = (member: JsonSchema) => resolveReference(member, given) ?? member;
    const isObject = (member: unknown) => isSchema(member) && standFor(member).properties !== undefined;
    const objects: JsonSchema[] = members.filter(isObject);
    const tag = findTag(objects.map(standFor));
    if (!tag?.words.flat().every((word) => typeof word === 'string')) return mapped; // OpenAPI compares texts
    const named = objects.map((member, at) =>
      typeof member.$ref === 'string' ? member : { $ref: `#/$defs/${nameMember(member, tag.words[at]?.[0])}` },
    );
    const mapping = Object.fromEntries(tag.words.flatMap((words, at) => words.map((word) => [word, named[at]?.$ref])));
    const choice = { oneOf: named, discriminator: { propertyName: tag.key, mapping } };
    const others = members.filter((member) => !isObject(member)); // `null`, for the most part
    return others.length === 0 ? { ...rest, ...choice } : { ...rest, anyOf: [choice, ...others] };
  };

  const rewritten = rewrite(root);
  for (const [name, schema] of Object.entries(given)) definitions[name] = rewrite(schema);
  return Object.keys(definitions).length === 0 ? rewritten : { ...rewritten, $defs: definitions };
}

/** A name in which nothing has to be escaped, neither in a reference nor as the key of a component. */
function toName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 60);
  return name === '' || name === '_' ? 'Member' : name.charAt(0).toUpperCase() + name.slice(1);
}
