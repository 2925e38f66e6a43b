/** Decides which types of a schema document stand once under `$defs`, and which where they are used. */
import { setKey } from './keys.ts';

/** A schema under construction; its values may hold references. */
export type Draft = Record<string, unknown>;

/** A type that recurs or has a name. */
class Definition {
  readonly suggestedName: string;
  schema: Draft | Reference | undefined;
  uses = 0;
  isRecursive = false;
  /** Whether it goes to `$defs` when it is used twice; an unnamed type is repeated instead. */
  readonly isShared: boolean;

  constructor(suggestedName: string, isShared: boolean) {
    this.suggestedName = suggestedName;
    this.isShared = isShared;
  }
}

/** One use of a type, with the keywords that belong to this use only. */
export class Reference {
  readonly definition: Definition;
  readonly siblings: Draft = {};

  constructor(definition: Definition) {
    this.definition = definition;
    definition.uses += 1;
  }

  /** The schema that it stands for; `undefined` while that is being written. */
  get target(): Draft | undefined {
    const { schema } = this.definition;
    return schema instanceof Reference ? schema.target : schema;
  }
}

/** The types of one schema document. */
export class Definitions {
  readonly #byType = new Map<number, Definition>();

  /** A reference to the type if it was met before. */
  find(type: number): Reference | undefined {
    const definition = this.#byType.get(type);
    if (!definition) return undefined;
    if (definition.schema === undefined) definition.isRecursive = true;
    return new Reference(definition);
  }

  /** Writes a type down; while `write` runs, {@link find} knows the type, so that it may contain itself. */
  define(type: number, name: string, isShared: boolean, write: () => Draft | Reference): Draft | Reference {
    const definition = new Definition(name, isShared);
    this.#byType.set(type, definition);
    const schema = write();
    definition.schema = schema;
    if (isShared || definition.isRecursive) return new Reference(definition);
    this.#byType.delete(type); // the same type may be written in another way elsewhere
    return schema;
  }

  /** Puts a document together, with its `$defs`. */
  finish(root: Draft | Reference): Draft {
    const names = new Map<Definition, string>();
    const taken = new Set<string>();
    for (const definition of this.#byType.values()) {
      if (definition.isRecursive || definition.uses > 1) {
        names.set(definition, unique(definition.suggestedName, taken));
      }
    }
    const place = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(place);
      if (value instanceof Reference) return placeReference(value);
      return typeof value === 'object' && value !== null ? placeAll(value) : value;
    };
    const placeAll = (draft: object): Draft => {
      const copy: Draft = {};
      for (const [key, value] of Object.entries(draft)) setKey(copy, key, place(value));
      return copy;
    };
    const placeReference = ({ definition, siblings }: Reference): unknown => {
      const name = names.get(definition);
      if (name !== undefined) return { $ref: `#/$defs/${name}`, ...placeAll(siblings) };
      return { ...(place(definition.schema) as Draft), ...placeAll(siblings) }; // a schema is placed as a schema
    };
    const document = place(root) as Draft; // likewise
    if (names.size === 0) return document;
    const $defs: Draft = {};
    for (const [definition, name] of names) setKey($defs, name, place(definition.schema));
    return { ...document, $defs };
  }
}

/** A name with characters that need no escape in a `$ref`. */
export function toDefinitionName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return name.slice(0, 60) || 'Type';
}

function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name}_${count}`;
  taken.add(candidate);
  return candidate;
}
