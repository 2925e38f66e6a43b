/** What a cell that is only text means, by the type that is declared for it. */
import type { Schema } from './io-type.ts';

/** What a column takes. */
export interface ColumnKind {
  readonly takesNull: boolean;
  readonly takesText: boolean;
  /** Types of JSON, without null. */
  readonly types: readonly string[];
  /** The io type of its values, if it has one. */
  readonly ioType: string | undefined;
}

/** The kind of a column, by the schema of its values. */
export function kindOf(schema: unknown, root: Schema): ColumnKind {
  const parts = flatten(schema, root, 0);
  const types = parts.flatMap((part) => typesOf(part));
  return {
    takesNull: types.includes('null'),
    takesText: types.includes('string'),
    types: [...new Set(types.filter((type) => type !== 'null'))],
    ioType: parts.map((part) => part['x-io-type']).find((name) => typeof name === 'string'),
  };
}

/** The schema of a column's values in a table's schema; `{}` where nothing is said. */
export function columnSchema(table: Schema, name: string): unknown {
  const { properties, additionalProperties } = table;
  const named = (properties ?? {}) as { readonly [name: string]: Schema };
  const column = Object.hasOwn(named, name) ? named[name] : additionalProperties;
  return (column as Schema | undefined)?.items ?? {};
}

/** A schema, or the members of the union that it is; references are followed. */
function flatten(schema: unknown, root: Schema, depth: number): Schema[] {
  if (typeof schema !== 'object' || schema === null || depth > 8) return [];
  const { $ref, anyOf, oneOf, ...rest } = schema as Schema;
  const named = typeof $ref === 'string' ? resolve($ref, root) : undefined;
  const members = [named, ...[anyOf, oneOf].flat()].filter((member) => member !== undefined);
  return members.length === 0 ? [rest] : members.flatMap((member) => flatten(member, root, depth + 1));
}

function resolve(reference: string, root: Schema): unknown {
  const definitions = (root.$defs ?? {}) as { readonly [name: string]: unknown };
  return definitions[reference.replace(/^#\/\$defs\//, '')];
}

function typesOf({ type, const: only, enum: values }: Schema): readonly string[] {
  if (type !== undefined) return [type].flat() as string[];
  const known = values === undefined ? (only === undefined ? [] : [only]) : (values as unknown[]);
  return known.map((value) => (value === null ? 'null' : typeof value));
}
