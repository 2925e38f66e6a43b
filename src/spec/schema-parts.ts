/** Walks through a schema document, and says what in general its values may be. */
import { ioKeyword } from '../io/io-type.ts';
import { ioTypeOf } from '../io/io-types.ts';
import type { JsonSchema } from './service-spec.ts';

/** The schemas of a document under `$defs`. */
export type Definitions = Readonly<Record<string, JsonSchema>>;

/** Whether it is a schema with keywords, and not `true` or `false`. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schemas of a document that others refer to. */
export function definitionsOf(document: JsonSchema): Definitions {
  return isSchema(document.$defs) ? (document.$defs as Definitions) : {};
}

/** The definition that a reference names. */
export function resolveReference({ $ref }: JsonSchema, definitions: Definitions): JsonSchema | undefined {
  const name = typeof $ref === 'string' ? /^#\/\$defs\/(.+)$/.exec($ref)?.[1] : undefined;
  return name !== undefined && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

const listKeywords = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
const singleKeywords = [
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'contains',
] as const;
const tableKeywords = ['properties', 'patternProperties'] as const;

/** The schemas that a schema is made of, one level deep, without what it refers to. */
function* partsOf(schema: JsonSchema): Generator<JsonSchema> {
  for (const keyword of listKeywords) if (Array.isArray(schema[keyword])) yield* schema[keyword].filter(isSchema);
  for (const keyword of singleKeywords) if (isSchema(schema[keyword])) yield schema[keyword];
  for (const keyword of tableKeywords) {
    if (isSchema(schema[keyword])) yield* Object.values(schema[keyword]).filter(isSchema);
  }
}

/** A part of a document and everything below it, each once. */
export function reachableFrom(start: JsonSchema, definitions: Definitions): Set<JsonSchema> {
  const reached = new Set<JsonSchema>();
  const open = [start];
  for (let schema = open.pop(); schema; schema = open.pop()) {
    if (reached.has(schema)) continue;
    reached.add(schema);
    open.push(...partsOf(schema));
    const target = resolveReference(schema, definitions);
    if (target) open.push(target);
  }
  return reached;
}

/** What has to happen to the values of a document, beside being checked. */
export interface Traits {
  /** Some are no JSON: they are written in another way. */
  readonly hasIoTypes: boolean;
  /** Some do not survive a structured clone. */
  readonly hasParcels: boolean;
  /** Some may be anything, so that only the value itself says what it is. */
  readonly isOpen: boolean;
}

/** Looks through a whole document. */
export function traitsOf(document: JsonSchema): Traits {
  const schemas = [...reachableFrom(document, definitionsOf(document))];
  return {
    hasIoTypes: schemas.some((schema) => schema[ioKeyword] !== undefined),
    hasParcels: schemas.some((schema) => ioTypeOf(schema)?.parcel !== undefined),
    isOpen: schemas.some(isOpen),
  };
}

const annotations = ['title', 'description', 'default', 'deprecated', 'examples', '$defs'];

function isOpen(schema: JsonSchema): boolean {
  const keywords = Object.keys(schema).filter((keyword) => !annotations.includes(keyword));
  if (keywords.length === 0) return true;
  return keywords.length === 1 && schema.type === 'object'; // the type `object` of TypeScript
}
