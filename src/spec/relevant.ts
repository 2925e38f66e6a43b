/** Picks the errors that a caller can act on: of a union, not what every member says. */
import type { ErrorObject } from 'ajv';
import { admits, inPlace } from './alternatives.ts';
import { type Definitions, isSchema, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** A rule that tries others, and whose error the validator puts after theirs. */
interface Frame {
  readonly path: string;
  /** Everything that its members are made of. */
  readonly reach: ReadonlySet<unknown>;
  /** The schemas of the one member that is meant; undefined where the rule's own error says it all. */
  readonly meant: ReadonlySet<unknown> | undefined;
}

/** Makes the choice for one schema document. */
export function createSelection(definitions: Definitions): (errors: readonly ErrorObject[]) => ErrorObject[] {
  const reaches = new WeakMap<object, ReadonlySet<unknown>>();
  const reachOf = (members: readonly unknown[]) => {
    const known = reaches.get(members) ?? reachable(members, definitions);
    reaches.set(members, known);
    return known;
  };

  const open = (error: ErrorObject): Frame | undefined => {
    const members = membersOf(error);
    if (!members) return undefined;
    const fitting = members.filter((member) => isSchema(member) && admits(member, error.data, definitions));
    const [only] = error.keyword === 'contains' ? [] : fitting;
    // Of scalars the sentence that names all alternatives says more than one word's rule.
    const isMeant = fitting.length === 1 && only !== undefined && !isWord(only as JsonSchema, definitions);
    return {
      path: error.instancePath,
      reach: reachOf(members),
      meant: isMeant ? new Set(appliedTo(only as JsonSchema, definitions)) : undefined,
    };
  };

  return (errors) => {
    const chosen: ErrorObject[] = [];
    const frames: Frame[] = [];
    for (const error of errors.toReversed()) {
      while (frames.length > 0 && !belongs(error, frames.at(-1) as Frame)) frames.pop();
      const outer = frames.at(-1);
      if (outer && !isKept(error, outer)) continue;
      const frame = open(error);
      if (frame) frames.push(frame);
      if (!frame?.meant && !wrappers.has(error.keyword)) chosen.push(error);
    }
    return withoutEchoes(chosen.reverse());
  };
}

// Their own error says only that there is another.
const wrappers = new Set(['if', 'propertyNames']);

function membersOf({ keyword, params, parentSchema }: ErrorObject): readonly unknown[] | undefined {
  const tried = parentSchema?.[keyword] as unknown;
  if (keyword === 'contains') return [tried];
  // `oneOf` that fits twice has nothing to say of its members.
  if (keyword !== 'anyOf' && (keyword !== 'oneOf' || params.passingSchemas)) return undefined;
  return Array.isArray(tried) ? tried : undefined;
}

function belongs({ instancePath, parentSchema }: ErrorObject, { path, reach }: Frame): boolean {
  const isWithin = instancePath === path || instancePath.startsWith(`${path}/`);
  return isWithin && (!isSchema(parentSchema) || reach.has(parentSchema));
}

/** What stands deeper can only come from the member that is meant: the others fail at the value's own kind. */
function isKept({ instancePath, parentSchema }: ErrorObject, { path, meant }: Frame): boolean {
  return meant !== undefined && (instancePath !== path || meant.has(parentSchema));
}

function isWord(member: JsonSchema, definitions: Definitions): boolean {
  return inPlace(member, definitions).some((part) => part.enum !== undefined || part.const !== undefined);
}

/** All that a schema says of the value itself. */
function appliedTo(schema: JsonSchema, definitions: Definitions, found = new Set<JsonSchema>()): Set<JsonSchema> {
  for (const part of inPlace(schema, definitions)) {
    if (found.has(part)) continue;
    found.add(part);
    const { anyOf, oneOf, then: chosen, else: other } = part;
    for (const inner of [anyOf, oneOf, chosen, other].flat()) if (isSchema(inner)) appliedTo(inner, definitions, found);
  }
  return found;
}

function reachable(members: readonly unknown[], definitions: Definitions): Set<unknown> {
  const reached = new Set<unknown>();
  const open: unknown[] = [...members];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null || reached.has(part)) continue;
    reached.add(part);
    open.push(resolveReference(part as JsonSchema, definitions), ...Object.values(part));
  }
  return reached;
}

/** A value of the wrong kind breaks the other rules of its schema too, and a tuple that is too long two of them. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const said = new Map<string, ErrorObject>();
  for (const error of errors) {
    if (error.keyword === 'type' || error.keyword === 'maxItems') said.set(error.instancePath, error);
  }
  return errors.filter((error) => {
    const other = said.get(error.instancePath);
    if (!other || other === error || other.parentSchema !== error.parentSchema) return true;
    return other.keyword === 'maxItems' && error.keyword !== 'items';
  });
}
