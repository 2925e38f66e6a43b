/** Addresses that callers give instead of files. */
import { itemsOf, membersOf, takesAddress } from '../../spec/members.ts';
import { type Definitions, definitionsOf, isSchema } from '../../spec/schema-parts.ts';
import type { JsonSchema } from '../../spec/service-spec.ts';

/** The address that a text is, in quotes or without; whether it may be fetched is not for here to say. */
export function toAddress(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/s, '$1');
  return /^https?:\/\/\S+$/i.test(bare) && URL.canParse(bare) ? bare : undefined;
}

/** An address in a body, and the way to put something else in its place. */
export interface AddressedFile {
  readonly address: string;
  replace(file: unknown): void;
}

/** Finds the files of which an address is given, `{ "url": "https://…" }`, in the order of the body. */
export function findAddressed(given: { value: unknown }, input: JsonSchema): AddressedFile[] {
  const definitions = definitionsOf(input);
  const found: AddressedFile[] = [];
  const visit = (part: unknown, schemas: readonly JsonSchema[], replace: AddressedFile['replace']): void => {
    if (typeof part !== 'object' || part === null) return;
    if (Array.isArray(part)) {
      const items = schemas.flatMap((schema) => itemsOf(schema, definitions));
      if (items.length > 0) for (const [at, item] of part.entries()) visit(item, items, (file) => (part[at] = file));
      return;
    }
    const { url } = part as { readonly url?: unknown };
    if (typeof url === 'string' && Object.keys(part).length === 1 && schemas.some(takesAddress)) {
      found.push({ address: url, replace });
      return;
    }
    for (const [key, inner] of Object.entries(part)) {
      const places = schemas.flatMap((schema) => placesOf(schema, key, definitions));
      const put = (file: unknown) => ((part as Record<string, unknown>)[key] = file);
      if (places.length > 0) visit(inner, places, put);
    }
  };
  visit(given.value, membersOf(input, definitions), (file) => (given.value = file));
  return found;
}

function placesOf(
  { properties, additionalProperties }: JsonSchema,
  key: string,
  definitions: Definitions,
): readonly JsonSchema[] {
  const named = isSchema(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return isSchema(named) ? membersOf(named, definitions) : [];
}
