/** The fields of a form → a value with the shape that the method's schema has. */
import { mediaTypeKeyword } from '../../io/media-type.ts';
import { parseJson } from '../../io/parse-json.ts';
import { itemsOf, membersOf, takesAddress, takesFile } from '../../spec/members.ts';
import { type Definitions, definitionsOf, isSchema } from '../../spec/schema-parts.ts';
import type { JsonSchema } from '../../spec/service-spec.ts';
import { toAddress } from '../decode/addresses.ts';

/** A form that is being read. */
export interface Form {
  /** What is declared under a name; nothing of it is wanted otherwise. */
  field(name: string): FormField | undefined;
  /** All fields that came, as one object. */
  value(): Record<string, unknown>;
}

/** A field, with what came for it so far. */
export interface FormField {
  /** Whether a part with a file in it is taken as a file; else as the text in it. */
  readonly takesFiles: boolean;
  /** Whether a text may be the address of a file. */
  readonly takesAddresses: boolean;
  /** Whether it has its file, and takes no other. */
  readonly isFull: boolean;
  /**
   * The media type of a file whose part has that one. A part that says none counts as `text/plain` (RFC 7578 section 4.4),
   * and many a client says none: where no text is declared, nothing was said.
   */
  typeOf(said: string): string;
  /** The next file of the field; gives what has to be called with it once it is there. */
  addFile(): (file: unknown) => void;
  /** The address of a file that a text is; else it is nothing but a text. */
  addressIn(text: string): string | undefined;
  addText(text: string): void;
}

/** Reads a form for a method whose body has that schema. */
export function createForm(input: JsonSchema, jsonDepthLimit: number): Form {
  const definitions = definitionsOf(input);
  const properties = membersOf(input, definitions).map(({ properties }) => (isSchema(properties) ? properties : {}));
  const fields = new Map<string, OpenField | undefined>();
  return {
    field(name) {
      if (fields.has(name)) return fields.get(name);
      const schema = properties.flatMap((table) => (Object.hasOwn(table, name) ? [table[name]] : [])).find(isSchema);
      const field = schema && createField(membersOf(schema, definitions), definitions, jsonDepthLimit);
      if (field) fields.set(name, field); // of others there may be any number
      return field;
    },
    value: () =>
      Object.fromEntries([...fields].flatMap(([name, field]) => (field?.isGiven() ? [[name, field.value()]] : []))),
  };
}

interface OpenField extends FormField {
  isGiven(): boolean;
  value(): unknown;
}

function createField(members: readonly JsonSchema[], definitions: Definitions, jsonDepthLimit: number): OpenField {
  const items = members.flatMap((member) => itemsOf(member, definitions));
  const isList = items.some(takesFile);
  const takesFiles = isList || members.some(takesFile);
  const isNoText = excludesText([...members, ...items]);
  const takesAddresses = [...members, ...items].some(takesAddress);
  const toValue = textReaderOf(members, jsonDepthLimit);
  const files: unknown[] = []; // undefined where none came of it
  const given = () => files.filter((file) => file !== undefined);
  let text: string | undefined;
  return {
    takesFiles,
    takesAddresses,
    get isFull() {
      return files.length > 0 && !isList;
    },
    typeOf: (said) => (said === 'text/plain' && isNoText ? 'application/octet-stream' : said),
    addFile() {
      const at = files.push(undefined) - 1;
      return (file) => {
        files[at] = file;
      };
    },
    addressIn: (said) => (takesAddresses ? toAddress(said) : undefined),
    addText(said) {
      text = said; // of several the last counts, and is read then
    },
    isGiven: () => given().length > 0 || text !== undefined,
    value() {
      const [first] = given();
      if (first !== undefined) return isList ? given() : first;
      return text === undefined ? undefined : toValue(text);
    },
  };
}

function excludesText(members: readonly JsonSchema[]): boolean {
  const ranges = members.flatMap(({ [mediaTypeKeyword]: declared }) =>
    declared === undefined ? [] : String(declared).split(', '),
  );
  return ranges.length > 0 && !ranges.some((range) => range === '*/*' || range.startsWith('text/'));
}

/**
 * A form has nothing but text: what is meant by it, the declared type says. Of a text that is declared as one, only the
 * quotes of a JSON string are undone; Python clients send them.
 */
function textReaderOf(members: readonly JsonSchema[], jsonDepthLimit: number): (text: string) => unknown {
  const types = members.flatMap(typesOf);
  const isText = types.every((type) => type === 'string' || type === 'null');
  const isJson = (text: string) =>
    (text.startsWith('"') && text.endsWith('"')) || (text === 'null' && types.includes(text));
  return (text) => {
    if (isText && !isJson(text.trim())) return text;
    try {
      const value = parseJson(new TextEncoder().encode(text), jsonDepthLimit);
      // A number of more digits than JavaScript has would be another one.
      const isOther = Number.isInteger(value) && !Number.isSafeInteger(value) && types.includes('string');
      return isOther ? text : value;
    } catch {
      return text; // the check says what is wrong with it
    }
  };
}

function typesOf({ type, enum: words, const: word }: JsonSchema): readonly unknown[] {
  if (type !== undefined) return [type].flat();
  if (Array.isArray(words)) return words.map((one) => (one === null ? 'null' : typeof one));
  return [word === null ? 'null' : typeof word];
}
