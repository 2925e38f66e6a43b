/** Gathers the definitions of all methods of a service under the names that they have in its OpenAPI document. */
import type { JsonSchema } from '../spec/service-spec.ts';

/** The schemas of one OpenAPI document. */
export interface SchemaCollection {
  /** Takes a schema document over: gives it without its `$defs`, with every `$ref` leading to a component. */
  add(document: JsonSchema): JsonSchema;
  /** What stands under `components/schemas`, in the order in which it was met. */
  components(): Readonly<Record<string, JsonSchema>>;
}

type Definitions = Readonly<Record<string, JsonSchema>>;

/**
 * Creates a collection. Definitions of one name that mean the same are one component; of those that do not, the first
 * keeps the name and the others are numbered. No definition gets a reserved name.
 */
export function createSchemaCollection(reserved: readonly string[]): SchemaCollection {
  const meanings = new Map<string, string | undefined>(reserved.map((name) => [name, undefined]));
  const components = new Map<string, JsonSchema>();

  /** Names come from reflection, which uses only letters, digits and `_`: a component may be called so. */
  const nameFor = (name: string, meaning: string): string => {
    let candidate = name;
    for (let count = 2; meanings.has(candidate) && meanings.get(candidate) !== meaning; count++)
      candidate = `${name}_${count}`;
    return candidate;
  };

  return {
    add({ $defs, ...root }) {
      const definitions = ($defs ?? {}) as Definitions; // a schema document's own
      const names = new Map<string, string>();
      for (const name of Object.keys(definitions)) {
        const meaning = meaningOf(name, definitions);
        const component = nameFor(name, meaning);
        meanings.set(component, meaning);
        names.set(name, component);
      }
      const move = (schema: JsonSchema) =>
        mapReferences(schema, (name) => `#/components/schemas/${names.get(name) ?? name}`);
      for (const [name, component] of names) components.set(component, move(definitions[name] as JsonSchema)); // its key
      return move(root);
    },
    components: () => Object.fromEntries(components),
  };
}

/** A definition and all that it leads to, as text: the same text under the same name means the same. */
function meaningOf(name: string, definitions: Definitions): string {
  const reached = new Set([name]);
  for (const one of reached) {
    mapReferences(definitions[one] ?? {}, (next) => {
      reached.add(next); // a set that grows is walked to its end
      return next;
    });
  }
  return JSON.stringify([...reached].map((one) => [one, definitions[one]]));
}

// Below these keys stand names, not keywords.
const keyedByName = new Set(['properties', 'patternProperties', 'dependentSchemas']);

// Below these stand values: one that looks like a reference is none.
const holdsValues = new Set(['const', 'default', 'enum', 'examples']);

/** A copy in which every `#/$defs/Name` is what `replace` makes of the name. */
function mapReferences(schema: JsonSchema, replace: (name: string) => string): JsonSchema {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    return typeof value === 'object' && value !== null ? mapReferences(value as JsonSchema, replace) : value; // a schema
  };
  const entries = Object.entries(schema).map(([keyword, value]) => {
    if (keyword === '$ref') return [keyword, replace(String(value).replace(/^#\/\$defs\//, ''))];
    if (holdsValues.has(keyword)) return [keyword, value];
    if (!keyedByName.has(keyword)) return [keyword, copy(value)];
    return [keyword, Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, copy(inner)]))];
  });
  return Object.fromEntries(entries);
}
