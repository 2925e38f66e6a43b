/** JSON Schema → the TypeScript type of what a client gives for it, or gets. */
import { envelopeKeyword } from '../io/io-type.ts';
import { envelopeOf, ioTypeOf } from '../io/io-types.ts';
import { type Definitions, isSchema, reachableFrom, resolveReference } from '../spec/schema-parts.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import { toComment, toKey, toLiteral, toTypeName, toUnique } from './source-text.ts';

/** Whether a value is given to the server or comes from it: what it fills in is always there. */
export type Direction = 'input' | 'output';

/** Writes the types of one file. */
export interface TypeWriter {
  /** The type of a schema, which refers to these definitions. */
  write(schema: unknown, definitions: Definitions, direction: Direction): string;
  /** Declarations of the types that have a name, each once, by name; what has to be imported is known afterwards. */
  declarations(): readonly string[];
  /** Notes that a name has to be imported from the client's door, and gives it. */
  use(name: string): string;
  /** Those names. */
  readonly imported: ReadonlySet<string>;
}

/** A type, and whether `[]` behind it means all of it. */
interface Text {
  readonly text: string;
  readonly isAtom: boolean;
}

/** A definition, and those that it refers to itself. */
interface Link {
  /** The same number for all that say the same. */
  readonly said: number;
  readonly hasDefaults: boolean;
  readonly next: readonly JsonSchema[];
}

/** Deeper ones are written as `unknown`: nobody reads them, and whoever nests without end wants us to fall. */
const deepest = 40;

const atom = (text: string): Text => ({ text, isAtom: true });
const unknown = atom('unknown');

/** @param taken names that stand for something else; those of types are added. */
export function createTypeWriter(taken: Set<string>): TypeWriter {
  const imported = new Set<string>();
  const named = new Map<string, { readonly name: string; declaration: string }>(); // by all that it says
  const undeclared: (() => void)[] = []; // not at once: a chain of references would go as deep as it is long

  const links = new Map<JsonSchema, Link>();
  const texts = new Map<string, number>();
  const linkOf = (definition: JsonSchema, definitions: Definitions): Link => {
    const before = links.get(definition);
    if (before) return before;
    const parts = [...reachableFrom(definition, {})]; // of it alone
    const text = JSON.stringify(definition);
    const link: Link = {
      said: texts.get(text) ?? texts.size,
      hasDefaults: parts.some((part) => part.default !== undefined),
      next: parts.map((part) => resolveReference(part, definitions)).filter((target) => target !== undefined),
    };
    texts.set(text, link.said);
    links.set(definition, link);
    return link;
  };

  const writeIn = (definitions: Definitions, direction: Direction) => {
    const write = (schema: unknown, depth: number): Text => {
      if (schema === false) return atom('never');
      if (!isSchema(schema) || depth > deepest) return unknown;
      const inner = (part: unknown) => write(part, depth + 1);
      const { [envelopeKeyword]: _, ...inside } = schema;
      const around = envelopeOf(schema);
      const io = (around ?? ioTypeOf(schema))?.typeText?.(around ? inside : schema, {
        inner: (part) => inner(part).text,
        imported: use,
        literal: toLiteral,
      });
      if (io !== undefined) return atom(io);
      const target = resolveReference(schema, definitions);
      if (target) return atom(nameOf(String(schema.$ref), target));
      if (typeof schema.$ref === 'string') return unknown; // what it refers to is not in the document
      const { const: only, enum: values } = schema;
      if (Object.hasOwn(schema, 'const')) return literal(only);
      if (Array.isArray(values)) return union(values.map(literal));
      const members = [schema.anyOf, schema.oneOf].find((list) => Array.isArray(list) && list.length > 0);
      if (members) return union((members as unknown[]).map(inner));
      if (Array.isArray(schema.allOf) && schema.allOf.length > 0) return intersection(schema.allOf.map(inner));
      return union([schema.type].flat().map((type) => writeType(type, schema, inner)));
    };

    const writeType = (type: unknown, schema: JsonSchema, inner: (part: unknown) => Text): Text => {
      if (type === 'string' || type === 'boolean' || type === 'null') return atom(type);
      if (type === 'number' || type === 'integer') return atom('number');
      if (type === 'array') return writeArray(schema, inner);
      if (type === 'object' || isSchema(schema.properties)) return writeObject(schema, inner);
      return unknown;
    };

    const writeObject = (schema: JsonSchema, inner: (part: unknown) => Text): Text => {
      const { properties, additionalProperties, patternProperties } = schema;
      const required = new Set(Array.isArray(schema.required) ? schema.required : []);
      const fields = Object.entries(isSchema(properties) ? properties : {}).map(([name, part]) => {
        const isFilled = direction === 'output' && isSchema(part) && part.default !== undefined;
        const mark = required.has(name) || isFilled ? '' : '?';
        return { comment: toComment(describe(part)), text: `${toKey(name)}${mark}: ${inner(part).text};` };
      });
      if (fields.length > 0) return atom(braces(fields));
      if (isSchema(patternProperties))
        return atom(`Record<string, ${union(Object.values(patternProperties).map(inner)).text}>`);
      return atom(`Record<string, ${isSchema(additionalProperties) ? inner(additionalProperties).text : 'unknown'}>`);
    };

    /** A definition has the same name wherever all that it says is the same. */
    const nameOf = (reference: string, target: JsonSchema): string => {
      const all = new Set([target]); // grows while it is looked through
      for (const one of all) for (const next of linkOf(one, definitions).next) all.add(next);
      const reached = Array.from(all, (one) => linkOf(one, definitions));
      const isFilled = direction === 'output' && reached.some(({ hasDefaults }) => hasDefaults);
      const identity = `${reached.map(({ said }) => said)} ${isFilled} ${reference}`;
      const before = named.get(identity);
      if (before) return before.name;
      const plain = toTypeName(reference.slice(reference.lastIndexOf('/') + 1), 'Value');
      const entry = { name: toUnique(isFilled && taken.has(plain) ? `${plain}Output` : plain, taken), declaration: '' };
      named.set(identity, entry); // it may hold itself
      undeclared.push(() => {
        entry.declaration = `${toComment(describe(target))}export type ${entry.name} = ${write(target, 0).text};\n`;
      });
      return entry.name;
    };

    return (schema: unknown) => write(schema, 0).text;
  };

  const use = (name: string) => {
    imported.add(name);
    return name;
  };

  return {
    imported,
    use,
    write: (schema, definitions, direction) => writeIn(definitions, direction)(schema),
    declarations() {
      for (let declare = undeclared.shift(); declare; declare = undeclared.shift()) declare();
      return [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ declaration }) => declaration);
    },
  };
}

/** What a schema says in words. */
export function describe(schema: unknown): string[] {
  if (!isSchema(schema)) return [];
  const { description, default: fallback } = schema;
  const words = typeof description === 'string' ? description.trim() : '';
  if (fallback === undefined || fallback === null) return words === '' ? [] : [words];
  const value = JSON.stringify(fallback);
  return [words === '' ? `Default: ${value}` : `${words} (default: ${value})`];
}

function writeArray({ prefixItems, items, minItems }: JsonSchema, inner: (part: unknown) => Text): Text {
  if (!Array.isArray(prefixItems)) {
    const { text, isAtom } = items === undefined ? unknown : inner(items);
    return atom(isAtom ? `${text}[]` : `(${text})[]`);
  }
  const least = typeof minItems === 'number' ? minItems : 0;
  const places = prefixItems.map((item, at) => {
    const { text, isAtom } = inner(item);
    return at < least ? text : `${isAtom ? text : `(${text})`}?`;
  });
  const isOpen = items !== false && minItems !== prefixItems.length;
  if (isOpen) {
    const { text, isAtom } = items === undefined ? unknown : inner(items);
    places.push(`...${isAtom ? text : `(${text})`}[]`);
  }
  return atom(`[${places.join(', ')}]`);
}

function literal(value: unknown): Text {
  if (typeof value === 'string') return atom(toLiteral(value));
  if (typeof value === 'number') return atom(Number.isFinite(value) ? String(value) : 'number');
  return typeof value === 'boolean' || value === null ? atom(String(value)) : unknown;
}

function union(members: readonly Text[]): Text {
  return join(members, ' | ');
}

function intersection(members: readonly Text[]): Text {
  return join(members, ' & ');
}

function join(members: readonly Text[], sign: string): Text {
  const texts = [...new Set(members.map(({ text, isAtom }) => (isAtom ? text : `(${text})`)))];
  const [only] = members;
  if (texts.length === 1 && only) return only;
  return texts.length === 0 ? unknown : { text: texts.join(sign), isAtom: false };
}

interface Field {
  readonly comment: string;
  readonly text: string;
}

const longestLine = 80;

function braces(fields: readonly Field[]): string {
  const line = `{ ${fields
    .map(({ text }) => text)
    .join(' ')
    .slice(0, -1)} }`;
  const isShort = line.length <= longestLine && !line.includes('\n') && fields.every(({ comment }) => comment === '');
  return isShort ? line : `{\n${fields.map(({ comment, text }) => indent(`${comment}${text}`)).join('')}}`;
}

/** Two spaces further to the right; no piece holds a line feed that means something. */
export function indent(text: string): string {
  return `${text.trimEnd().replace(/^(?=.)/gm, '  ')}\n`;
}
