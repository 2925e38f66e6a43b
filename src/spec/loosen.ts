/** Takes out of a schema what its own library checks better: the rest can only refuse what the library refuses, too. */
import { mapSubschemas } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/**
 * What the gateway checks before the author's own schema runs in a worker. JSON Schema and the libraries do not mean the
 * same by some keywords, and a value that the library takes must not be refused:
 *
 * - A pattern loses its flags when it is exported, and could take for ever on a hostile text.
 * - Some formats are read in another way, `time` for example.
 * - Libraries may trim a text before they measure it, and count UTF-16 units where JSON Schema counts characters.
 * - Fractions are multiples of others only with a tolerance.
 */
export function loosen(schema: JsonSchema): JsonSchema {
  const loose: Record<string, unknown> = { ...schema };
  for (const keyword of [...ofStrings, ...refusesMore]) delete loose[keyword];
  if (schema.patternProperties !== undefined) for (const keyword of closing) delete loose[keyword];
  if (!Number.isInteger(schema.multipleOf)) delete loose.multipleOf;
  if (schema.anyOf === undefined && schema.oneOf !== undefined) loose.anyOf = schema.oneOf;
  return mapSubschemas(loose, loosen);
}

const ofStrings = ['pattern', 'format', 'minLength', 'maxLength'];

// With something looser inside, these would refuse more, not less.
const refusesMore = ['not', 'if', 'then', 'else', 'maxContains', 'oneOf'];

// They speak of what no pattern matches.
const closing = ['patternProperties', 'additionalProperties', 'unevaluatedProperties'];
