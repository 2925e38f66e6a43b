/** Writes the JSON Schema of a union: an `enum`, a list of types, or `anyOf`. */
import { ioKeyword } from '../io/io-type.ts';
import type { TypeDescription, TypeHandle } from './compiler.ts';
import { type Draft, Reference } from './definitions.ts';
import { inside, isWhole, type Place, type TypeWriter, type WrittenType } from './place.ts';
import { writeBigint } from './platform-types.ts';
import { refusedKinds } from './refused.ts';

/** The members keep their order; `null` comes last. */
export function writeUnion(
  writer: TypeWriter,
  members: readonly TypeHandle[],
  written: WrittenType,
  place: Place,
): Draft | Reference {
  const described = members.map((type) => ({ type, description: writer.describe(type) }));
  const kinds = new Set(described.map(({ description }) => description.shape.kind));
  if (kinds.has('undefined') && !isWhole(place)) return writer.refuse(written, place, refusedKinds.undefined);
  const isNullable = kinds.has('null') || kinds.has('undefined');
  const values = described.flatMap(({ description }) => literalOf(description));
  const hasBoolean = kinds.has('boolean') || (values.includes(true) && values.includes(false));
  const bigints = described.flatMap(({ description: { shape } }) =>
    shape.kind === 'literal' && typeof shape.value === 'bigint' ? [shape.value] : [],
  );
  const listed = hasBoolean ? values.filter((value) => typeof value !== 'boolean') : values;

  const parts: (Draft | Reference)[] = [];
  const addLiterals = () => {
    if (listed.length > 0 && !parts.some(isEnum)) parts.push(writeLiterals(listed));
  };
  const addBoolean = () => {
    if (hasBoolean && !parts.some((part) => !(part instanceof Reference) && part.type === 'boolean')) {
      parts.push({ type: 'boolean' });
    }
  };
  const addBigints = () => {
    if (!parts.some((part) => !(part instanceof Reference) && part.enum !== undefined && part[ioKeyword])) {
      parts.push(writeBigint(bigints));
    }
  };
  for (const { type, description } of described) {
    const { shape } = description;
    if (shape.kind === 'null' || shape.kind === 'undefined') continue;
    if (shape.kind === 'boolean' || (shape.kind === 'literal' && typeof shape.value === 'boolean' && hasBoolean))
      addBoolean();
    else if (shape.kind === 'literal' && typeof shape.value === 'bigint') addBigints();
    else if (shape.kind === 'literal') addLiterals();
    else parts.push(writer.write(type, inside(place, '', place.name)));
  }
  return join(parts, isNullable);
}

function literalOf({ shape }: TypeDescription): (string | number | boolean)[] {
  return shape.kind === 'literal' && typeof shape.value !== 'bigint' ? [shape.value] : [];
}

function writeLiterals(values: readonly (string | number | boolean)[]): Draft {
  const types = new Set(values.map((value) => typeof value));
  const [type] = types;
  return types.size === 1 ? { type, enum: [...values] } : { enum: [...values] };
}

function isEnum(part: Draft | Reference): boolean {
  return !(part instanceof Reference) && part.enum !== undefined && !part[ioKeyword] && part.description === undefined;
}

function join(parts: readonly (Draft | Reference)[], isNullable: boolean): Draft | Reference {
  const [only] = parts;
  if (!only) return { type: 'null' };
  if (parts.length > 1) return { anyOf: isNullable ? [...parts, { type: 'null' }] : [...parts] };
  if (!isNullable) return only;
  if (only instanceof Reference || !isSimple(only)) return { anyOf: [only, { type: 'null' }] };
  if (Array.isArray(only.enum)) return { ...only, ...nullableType(only), enum: [...only.enum, null] };
  return { ...only, ...nullableType(only) };
}

function nullableType({ type }: Draft): Draft {
  return type === undefined ? {} : { type: [type, 'null'] };
}

/** A value without parts: adding `null` to its types cannot change what the other keywords mean. */
function isSimple(schema: Draft): boolean {
  const { type } = schema;
  if (schema.const !== undefined) return false;
  return (
    type === 'string' || type === 'number' || type === 'integer' || type === 'boolean' || Array.isArray(schema.enum)
  );
}
