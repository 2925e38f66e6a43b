/** Finds unions that would be checked twice at every level of a value. */
import { createReach, referencesIn } from './definition-graph.ts';
import { definitionsOf, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** A union that takes 2^depth checks. */
export interface DoubleRecursion {
  /** Name of the definition in which it stands. */
  readonly definition: string;
  /** What two of its members share, for example `"left"`. */
  readonly through: string;
}

/**
 * Looks for an `anyOf` or `oneOf` two members of which lead back to its own definition through the same part of a value: that part
 * is then checked once for each of them, and so are its parts.
 */
export function findDoubleRecursion(schema: JsonSchema): DoubleRecursion | undefined {
  const definitions = definitionsOf(schema);
  const reach = createReach(definitions);
  const leadsTo = (part: unknown, name: string) =>
    referencesIn(part).some((reference) => reference === name || reach(reference).has(name));

  for (const [definition, body] of Object.entries(definitions)) {
    for (const members of unionsIn(body)) {
      const seen = new Set<string>();
      for (const member of members) {
        const ways = waysBack(resolveReference(member, definitions) ?? member, (part) => leadsTo(part, definition));
        for (const through of ways) if (seen.has(through)) return { definition, through };
        for (const through of ways) seen.add(through);
      }
    }
  }
  return undefined;
}

/** Through which parts of a value a member leads back. */
function waysBack(member: JsonSchema, leadsBack: (part: unknown) => boolean): Set<string> {
  const ways = new Set<string>();
  for (const [key, part] of Object.entries((member.properties ?? {}) as JsonSchema)) {
    if (leadsBack(part)) ways.add(JSON.stringify(key));
  }
  if (leadsBack(member.additionalProperties) || leadsBack(member.patternProperties)) ways.add('any of its properties');
  if (leadsBack(member.items) || leadsBack(member.prefixItems)) ways.add('its items');
  return ways;
}

function* unionsIn(part: unknown): Generator<readonly JsonSchema[]> {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, inner] of Object.entries(part)) {
    if ((key === 'anyOf' || key === 'oneOf') && Array.isArray(inner)) yield inner as JsonSchema[];
    yield* unionsIn(inner);
  }
}
