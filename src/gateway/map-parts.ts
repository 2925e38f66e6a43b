/** Changes a JSON Schema part by part: knows what in it is a schema again, and what only looks like one. */
import { isSchema } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';

// Below these keys stand names, not keywords.
const keyedByName = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs']);

// Below these stand values: one that looks like a schema is none.
const holdsValues = new Set(['const', 'default', 'enum', 'examples', 'discriminator', 'required']);

/** A copy in which every schema directly inside is what `change` makes of it. */
export function mapParts(schema: JsonSchema, change: (part: JsonSchema) => JsonSchema): JsonSchema {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    return isSchema(value) ? change(value) : value;
  };
  const entries = Object.entries(schema).map(([keyword, value]) => {
    if (holdsValues.has(keyword)) return [keyword, value];
    if (!keyedByName.has(keyword) || !isSchema(value)) return [keyword, copy(value)];
    return [keyword, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]))];
  });
  return Object.fromEntries(entries);
}
