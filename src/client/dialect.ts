/** The schemas of Python servers, in the words of ours. */
import { ioKeyword } from '../io/io-type.ts';
import { recognise } from '../io/io-types.ts';
import { mapSubschemas } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';

/** What nests deeper than any type stays as it is. */
const deepest = 100;

/** Says of files, pictures and tensors what they are; everything else is JSON Schema in both. */
export function readDialect(schema: JsonSchema, depth = 0): JsonSchema {
  if (schema[ioKeyword] !== undefined || depth > deepest) return schema;
  const known = recognise(schema);
  if (known) return { ...schema, ...known };
  return mapSubschemas(schema, (inner) => readDialect(inner, depth + 1));
}
