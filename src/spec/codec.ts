/** JSON that fits a schema, with ready parcels in it → values in the form in which they cross to another process. */
import { type IoType, ioKeyword, isParcel, type ReadCall } from '../io/io-type.ts';
import { ioTypeOf } from '../io/io-types.ts';
import { addStep } from '../io/misfit.ts';
import { definitionsOf, isSchema, reachableFrom, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** Says whether a value is of a member of a union; the member comes with the document's `$defs`. */
export type Choose = (member: JsonSchema) => (value: unknown) => boolean;

/** What is done to a value of an io type, whose parts were read already. */
export type ReadValue = (type: IoType, value: unknown, schema: JsonSchema, call: ReadCall) => unknown;

type Read = (json: unknown, call: ReadCall) => unknown;
type JsonObject = Record<string, unknown>;

/**
 * Makes the reader of a schema document; `undefined` where JSON says it all. It changes the given value in place.
 *
 * @param choose tells the members of a union apart; the first that says yes is read.
 * @param readValue what to do where a type is declared.
 */
export function createReader(
  document: JsonSchema,
  choose: Choose,
  readValue: ReadValue = readOrAccept,
): ((json: unknown) => unknown) | undefined {
  const definitions = definitionsOf(document);
  const known = new Map<JsonSchema, Read | undefined>();
  const readsOf = new Map<JsonSchema, boolean>();

  const isRead = (schema: JsonSchema): boolean => {
    const given = readsOf.get(schema);
    if (given !== undefined) return given;
    const found = [...reachableFrom(schema, definitions)].some((part) => part[ioKeyword] !== undefined);
    readsOf.set(schema, found);
    return found;
  };

  const compile = (schema: JsonSchema): Read | undefined => {
    if (known.has(schema)) return known.get(schema);
    if (!isRead(schema)) return undefined;
    let read: Read | undefined;
    known.set(schema, (json, call) => (read ? read(json, call) : json)); // it may hold itself
    read = inOrder([...composite(schema), ...withIoType(schema, readValue)]);
    known.set(schema, read);
    return read;
  };

  const composite = (schema: JsonSchema): (Read | undefined)[] => [
    compileIf(resolveReference(schema, definitions)),
    ...(Array.isArray(schema.allOf) ? schema.allOf.map(compileIf) : []),
    readUnion([schema.anyOf, schema.oneOf].flat().filter(isSchema)),
    readObject(schema),
    readArray(schema),
  ];

  const compileIf = (schema: unknown) => (isSchema(schema) ? compile(schema) : undefined);

  const readUnion = (members: readonly JsonSchema[]): Read | undefined => {
    if (!members.some(isRead)) return undefined;
    const branches = members.map((member) => ({
      fits: choose({ ...member, $defs: definitions }),
      read: compile(member),
    }));
    return (json, call) => {
      const branch = branches.find(({ fits }) => fits(json));
      return branch?.read ? branch.read(json, call) : json;
    };
  };

  const readObject = ({ properties, patternProperties, additionalProperties }: JsonSchema): Read | undefined => {
    const named = Object.entries(isSchema(properties) ? properties : {});
    const reads = named.flatMap(([key, inner]) => {
      const read = compileIf(inner);
      return read ? [{ key, read }] : [];
    });
    const patterns = Object.entries(isSchema(patternProperties) ? patternProperties : {}).map(([pattern, inner]) => ({
      pattern: new RegExp(pattern, 'u'),
      read: compileIf(inner),
    }));
    const other = compileIf(additionalProperties);
    const names = new Set(named.map(([key]) => key));
    const readOther = (key: string): Read | undefined =>
      names.has(key) ? undefined : (patterns.find(({ pattern }) => pattern.test(key)) ?? { read: other }).read;
    const hasOthers = other !== undefined || patterns.some(({ read }) => read);
    if (reads.length === 0 && !hasOthers) return undefined;
    return (json, call) => {
      if (!isObject(json)) return json;
      for (const { key, read } of reads) if (Object.hasOwn(json, key)) replace(json, key, read, call);
      if (!hasOthers) return json;
      for (const key of Object.keys(json)) replace(json, key, readOther(key), call);
      return json;
    };
  };

  const readArray = ({ prefixItems, items }: JsonSchema): Read | undefined => {
    const first = Array.isArray(prefixItems) ? prefixItems.map(compileIf) : [];
    const rest = compileIf(items);
    if (!rest && !first.some((read) => read)) return undefined;
    return (json, call) => {
      if (!Array.isArray(json) || isParcel(json)) return json;
      const array = json as unknown as JsonObject; // its places are its keys
      for (let at = 0; at < json.length; at++) replace(array, at, at < first.length ? first[at] : rest, call);
      return json;
    };
  };

  const read = compile(document);
  return read && ((json) => read(json, { dimensions: new Map() }));
}

const readOrAccept: ReadValue = (type, value, schema, call) => {
  const isReady = Array.isArray(value) && isParcel(value);
  return isReady ? (type.ready?.accept(value, schema, call) ?? value) : type.read(value, schema, call);
};

function withIoType(schema: JsonSchema, readValue: ReadValue): Read[] {
  const type: IoType | undefined = ioTypeOf(schema);
  return type ? [(json, call) => (json === null ? null : readValue(type, json, schema, call))] : [];
}

function inOrder(steps: readonly (Read | undefined)[]): Read | undefined {
  const reads = steps.filter((step) => step !== undefined);
  const [only] = reads;
  if (reads.length <= 1) return only;
  return (json, call) => reads.reduce((value, read) => read(value, call), json);
}

function replace(target: JsonObject, key: string | number, read: Read | undefined, call: ReadCall): void {
  if (!read) return;
  try {
    target[key] = read(target[key], call);
  } catch (error) {
    throw addStep(error, key);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
