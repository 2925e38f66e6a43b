/** Walks through a schema document, and says what in general its values may be. */
import { ioKeyword } from '../io/io-type.ts';
import { envelopeOf, ioTypeOf } from '../io/io-types.ts';
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

/** The name in `#/$defs/Name`. */
export function nameInReference(reference: unknown): string {
  return String(reference).replace(/^#\/\$defs\//, '');
}

/** The definition that a reference names. */
export function resolveReference({ $ref }: JsonSchema, definitions: Definitions): JsonSchema | undefined {
  const name = nameInReference($ref);
  return typeof $ref === 'string' && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

// Where a schema holds others: below a property called `pattern` stands a schema, below the keyword none.
const single = [
  'items',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const tables = ['properties', 'patternProperties', 'dependentSchemas'];
const definitionTables = ['$defs', 'definitions'];

/** A copy in which each schema directly inside is replaced; `true` and `false` stay, which are schemas too. */
export function mapSubschemas(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const one = (inner: unknown) => (isSchema(inner) ? change(inner) : inner);
  const copy: [string, unknown][] = Object.entries(schema).map(([keyword, value]) => {
    if (single.includes(keyword)) return [keyword, one(value)];
    if (lists.includes(keyword) && Array.isArray(value)) return [keyword, value.map(one)];
    const isTable = tables.includes(keyword) || definitionTables.includes(keyword);
    if (!isTable || !isSchema(value)) return [keyword, value];
    return [keyword, Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, one(inner)]))];
  });
  return Object.fromEntries(copy);
}

/** The schemas that hold for a value or its parts, one level deep, without what is referred to. */
function partsOf(schema: JsonSchema): JsonSchema[] {
  return Object.entries(schema)
    .flatMap(([keyword, value]) => {
      if (single.includes(keyword)) return [value];
      if (lists.includes(keyword) && Array.isArray(value)) return value;
      return tables.includes(keyword) && isSchema(value) ? Object.values(value) : [];
    })
    .filter(isSchema);
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
  /** Some are files of which a caller may give the address. */
  readonly takesAddresses: boolean;
  /** Some may be anything, so that only the value itself says what it is. */
  readonly isOpen: boolean;
}

/** Looks through a whole document. */
export function traitsOf(document: JsonSchema): Traits {
  const schemas = [...reachableFrom(document, definitionsOf(document))];
  return {
    hasIoTypes: schemas.some((schema) => schema[ioKeyword] !== undefined || envelopeOf(schema) !== undefined),
    hasParcels: schemas.some((schema) => (ioTypeOf(schema) ?? envelopeOf(schema))?.parcel !== undefined),
    takesAddresses: schemas.some((schema) => ioTypeOf(schema)?.ready?.byAddress === true),
    isOpen: schemas.some(isOpen),
  };
}

const annotations = ['title', 'description', 'default', 'deprecated', 'examples', '$defs'];

function isOpen(schema: JsonSchema): boolean {
  const keywords = Object.keys(schema).filter((keyword) => !annotations.includes(keyword));
  if (keywords.length === 0) return true;
  return keywords.length === 1 && schema.type === 'object'; // the type `object` of TypeScript
}
