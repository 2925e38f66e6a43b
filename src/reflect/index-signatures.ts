/** Writes index signatures: what holds for the properties that a type does not name. */
import type { IndexDescription } from './compiler.ts';
import type { Draft } from './definitions.ts';
import { setKey } from './keys.ts';
import { inside, type Place, type TypeWriter } from './place.ts';
import { templatePattern } from './template.ts';

/** Adds them to the schema of an object; false if a key is of a kind that no schema can say. */
export function writeIndexes(
  writer: TypeWriter,
  indexes: readonly IndexDescription[],
  schema: Draft,
  place: Place,
): boolean {
  const patterns: Draft = {};
  const hasStringKeys = indexes.some(({ key }) => writer.describe(key).shape.kind === 'string');
  for (const { key, value } of indexes) {
    const { shape } = writer.describe(key);
    if (shape.kind === 'number' && hasStringKeys) continue; // its values are among those of the other
    const inner = writer.write(value, inside(place, '[…]'));
    if (shape.kind === 'string' || shape.kind === 'number') schema.additionalProperties = inner;
    if (shape.kind === 'number' && schema.properties === undefined) schema.propertyNames = { pattern: '^-?[0-9]+$' };
    if (shape.kind === 'string' || shape.kind === 'number') continue;
    const pattern = shape.kind === 'template' ? templatePattern(writer, shape.parts) : undefined;
    if (pattern === undefined) return false;
    setKey(patterns, pattern, inner);
  }
  if (Object.keys(patterns).length > 0) schema.patternProperties = patterns;
  return true;
}
