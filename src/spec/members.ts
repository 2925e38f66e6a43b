/** What a place of a schema takes, looked at from outside: which of its alternatives are files. */
import { ioTypeOf } from '../io/io-types.ts';
import { type Definitions, isSchema, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** The alternatives of a schema; those that it refers to among them. */
export function membersOf(
  schema: JsonSchema,
  definitions: Definitions,
  seen = new Set<JsonSchema>(),
): readonly JsonSchema[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const target = resolveReference(schema, definitions);
  if (target) return membersOf(target, definitions, seen);
  const members = [schema.anyOf, schema.oneOf].flat().filter(isSchema);
  if (members.length > 0) return members.flatMap((member) => membersOf(member, definitions, seen));
  return [schema];
}

/** Whether a file that a caller sends is one of its values. */
export function takesFile(schema: JsonSchema): boolean {
  return ioTypeOf(schema)?.ready?.kinds.includes('file') === true;
}

/** Whether the address of a file stands for the file. */
export function takesAddress(schema: JsonSchema): boolean {
  return ioTypeOf(schema)?.ready?.byAddress === true;
}

/** The places of a list's items. */
export function itemsOf({ items }: JsonSchema, definitions: Definitions): readonly JsonSchema[] {
  return isSchema(items) ? membersOf(items, definitions) : [];
}
