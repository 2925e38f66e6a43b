/** Gathers the definitions of all methods of a service under the names that they have in its OpenAPI document. */
import { hash } from 'node:crypto';
import { createReach } from '../spec/definition-graph.ts';
import { type Definitions, definitionsOf, mapSubschemas, nameInReference } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import { tellApart } from './openapi-unions.ts';

/** The schemas of one OpenAPI document. */
export interface SchemaCollection {
  /** Takes a schema document over: gives it without its `$defs`, with every `$ref` leading to a component. */
  add(document: JsonSchema): JsonSchema;
  /** What stands under `components/schemas`, in the order in which it was met. */
  components(): Readonly<Record<string, JsonSchema>>;
}

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
    add(document) {
      const told = tellApart(document);
      const { $defs: _, ...root } = told;
      const definitions = definitionsOf(told);
      const meaningOf = createMeanings(definitions);
      const names = new Map<string, string>();
      for (const name of Object.keys(definitions)) {
        const meaning = meaningOf(name);
        const component = nameFor(name, meaning);
        meanings.set(component, meaning);
        names.set(name, component);
      }
      const move = (schema: JsonSchema) =>
        mapReferences(schema, (name) => `#/components/schemas/${names.get(name) ?? name}`);
      for (const [name, component] of names) {
        if (!components.has(component)) components.set(component, move(definitions[name] as JsonSchema)); // its key
      }
      return move(root);
    },
    components: () => Object.fromEntries(components),
  };
}

/** For each definition, itself and all that it leads to, in short: the same text under the same name means the same. */
function createMeanings(definitions: Definitions): (name: string) => string {
  const reach = createReach(definitions);
  const texts = new Map<string, string>(); // types that lead to each other reach the same ones
  return (name) => {
    const names = [...new Set([name, ...reach(name)])].sort();
    const key = names.join(' ');
    const text = texts.get(key) ?? hash('sha256', JSON.stringify(names.map((one) => [one, definitions[one]])));
    texts.set(key, text);
    return text;
  };
}

/** A copy in which every `#/$defs/Name` is what `replace` makes of the name. */
function mapReferences(schema: JsonSchema, replace: (name: string) => string): JsonSchema {
  const toReplaced = (reference: unknown) => replace(nameInReference(reference));
  const { $ref, discriminator, ...rest } = mapSubschemas(schema, (part) => mapReferences(part, replace));
  const { mapping } = (discriminator ?? {}) as { mapping?: object }; // of OpenAPI
  return {
    ...($ref === undefined ? {} : { $ref: toReplaced($ref) }),
    ...rest,
    ...(mapping === undefined
      ? {}
      : {
          discriminator: {
            ...(discriminator as object),
            mapping: Object.fromEntries(Object.entries(mapping).map(([word, target]) => [word, toReplaced(target)])),
          },
        }),
  };
}
