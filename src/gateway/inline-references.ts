/** Writes types where they are used: Python clients look at what stands there, and follow no reference. */

import { createReach } from '../spec/definition-graph.ts';
import { definitionsOf, mapSubschemas, nameInReference, resolveReference } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';

const mostSchemas = 2000; // a type that is used in many places would otherwise be written in all of them, and so on

/**
 * The document with every reference replaced by what it stands for, but for types that hold themselves: those stay
 * references to `$defs`. A document that would become too large stays as it is.
 */
export function inlineReferences(document: JsonSchema): JsonSchema {
  const { $defs: _, ...root } = document;
  const definitions = definitionsOf(document);
  const reach = createReach(definitions);
  const kept = new Set<string>();
  let count = 0;

  const inline = (schema: JsonSchema): JsonSchema => {
    count += 1;
    if (count > mostSchemas) return schema; // the result is thrown away
    const target = resolveReference(schema, definitions);
    if (!target) return mapSubschemas(schema, inline);
    const { $ref, ...own } = schema;
    const name = nameInReference($ref);
    if (reach(name).has(name)) {
      kept.add(name);
      return { $ref, ...mapSubschemas(own, inline) };
    }
    return { title: name, ...inline(target), ...mapSubschemas(own, inline) };
  };

  const inlined = inline(root);
  const definitionsLeft: Record<string, JsonSchema> = {};
  for (const name of kept) definitionsLeft[name] = inline(definitions[name] as JsonSchema); // walked to its end
  if (count > mostSchemas) return document;
  return kept.size === 0 ? inlined : { ...inlined, $defs: definitionsLeft };
}
