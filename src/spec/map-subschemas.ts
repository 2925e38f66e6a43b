/** Walks JSON Schema by its keywords, so that a property called `pattern` is not taken for one. */
import { isSchema } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

const single = [
  'items',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const records = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];

/** A copy in which each schema directly inside is replaced; `true` and `false` stay, which are schemas too. */
export function mapSubschemas(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const one = (inner: unknown) => (isSchema(inner) ? change(inner) : inner);
  const copy: [string, unknown][] = Object.entries(schema).map(([keyword, value]) => {
    if (single.includes(keyword)) return [keyword, one(value)];
    if (lists.includes(keyword) && Array.isArray(value)) return [keyword, value.map(one)];
    if (!records.includes(keyword) || !isSchema(value)) return [keyword, value];
    return [keyword, Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, one(inner)]))];
  });
  return Object.fromEntries(copy);
}
