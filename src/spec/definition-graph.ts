/** Which definitions of a schema document lead to which. */
import { type Definitions, isSchema, nameInReference } from './schema-parts.ts';

/** The names that a definition leads to, in one step or several; its own is among them only if it leads back to itself. */
export type Reach = (name: string) => ReadonlySet<string>;

/** Looks through each definition once. */
export function createReach(definitions: Definitions): Reach {
  const direct = new Map<string, readonly string[]>();
  const reached = new Map<string, ReadonlySet<string>>();
  const next = (name: string): readonly string[] => {
    const names = direct.get(name) ?? referencesIn(definitions[name]);
    direct.set(name, names);
    return names;
  };
  return (name) => {
    const known = reached.get(name);
    if (known) return known;
    const names = new Set(next(name));
    for (const one of names) for (const other of next(one)) names.add(other); // a set that grows is walked to its end
    reached.set(name, names);
    return names;
  };
}

/**
 * The names that a part of a document refers to, with what only looks like a reference: then two types are told apart
 * that need not be.
 */
export function referencesIn(value: unknown): string[] {
  const found: string[] = [];
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const one of part) visit(one);
    else if (isSchema(part)) {
      if (typeof part.$ref === 'string') found.push(nameInReference(part.$ref));
      for (const one of Object.values(part)) visit(one);
    }
  };
  visit(value);
  return found;
}
