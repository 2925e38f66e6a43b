/** What a server answered in JSON → the values that its method gave. */
import { unpack } from '../io/crossing.ts';
import { ioKeyword, isParcel } from '../io/io-type.ts';
import { ioTypeOf, ioTypeOfParcel } from '../io/io-types.ts';
import { admits } from '../spec/alternatives.ts';
import { createReader } from '../spec/codec.ts';
import { type Definitions, definitionsOf, isSchema, resolveReference } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';

/** Makes the reader of a method's answers or items; `undefined` where they are what JSON says. */
export function createOutputReader(output: JsonSchema): ((json: unknown) => unknown) | undefined {
  const read = createReader(output, (member) => (value) => isLike(member, value, definitionsOf(member)));
  return read && ((json) => unpack(read(json)));
}

/** Whether a value that a server checked is of this member of a union: enough is looked at to tell it from the others. */
function isLike(member: JsonSchema, value: unknown, definitions: Definitions): boolean {
  const schema = resolveReference(member, definitions) ?? member;
  if (Array.isArray(value) && isParcel(value)) return ioTypeOf(schema) === ioTypeOfParcel(value[0]); // read already
  if (!admits(schema, value, definitions)) return false;
  if (schema.const !== undefined && schema.const !== value) return false;
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false;
  if (typeof value === 'string') return isLikeText(schema, value);
  if (!isSchema(value)) return true;
  const { required, properties } = schema;
  if (Array.isArray(required) && !required.every((key: string) => Object.hasOwn(value, key))) return false;
  return Object.entries(isSchema(properties) ? properties : {}).every(
    ([key, inner]) => !Object.hasOwn(value, key) || !isSchema(inner) || isLike(inner, value[key], definitions),
  );
}

function isLikeText(schema: JsonSchema, text: string): boolean {
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern, 'u').test(text)) return false;
  if (schema[ioKeyword] === undefined) return true;
  try {
    ioTypeOf(schema)?.read(text, schema, { dimensions: new Map() });
    return true;
  } catch {
    return false; // it is a text of another member
  }
}
