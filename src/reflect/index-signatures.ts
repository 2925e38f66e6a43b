/** Writes index signatures: what holds for the properties that a type does not name. */
import type { IndexDescription } from './compiler.ts';
import type { Draft } from './definitions.ts';
import { setKey } from './keys.ts';
import { inside, type Place, type TypeWriter } from './place.ts';
import { numberSource, templatePattern } from './template.ts';

const numericKey = `^${numberSource}$`;

/** Adds them to the schema of an object; false if a key is of a kind that no schema can say. */
export function writeIndexes(
  writer: TypeWriter,
  indexes: readonly IndexDescription[],
  schema: Draft,
  place: Place,
): boolean {
  const patterns: Draft = {};
  const isAlone = indexes.length === 1 && schema.properties === undefined;
  for (const { key, value } of indexes) {
    const { shape } = writer.describe(key);
    const inner = writer.write(value, inside(place, '[…]'));
    // Where all keys are numbers, a word is a slip; beside other properties it is one more that nobody reads.
    const isMap = shape.kind === 'number' && isAlone;
    if (isMap) schema.propertyNames = { pattern: numericKey };
    if (isMap || shape.kind === 'string') {
      schema.additionalProperties = inner;
      continue;
    }
    const template = shape.kind === 'template' ? templatePattern(writer, shape.parts) : undefined;
    const pattern = shape.kind === 'number' ? numericKey : template;
    if (pattern === undefined) return false;
    setKey(patterns, pattern, inner);
  }
  if (Object.keys(patterns).length > 0) schema.patternProperties = patterns;
  return true;
}
