/** Addresses that callers give instead of files. */
import { type Definitions, definitionsOf, isSchema } from '../../spec/schema-parts.ts';
import type { JsonSchema } from '../../spec/service-spec.ts';
import { itemsOf, membersOf, takesAddress } from './members.ts';

/** The address that a text is, in quotes or without; whether it may be fetched is not for here to say. */
export function toAddress(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/s, '$1');
  return /^https?:\/\/\S+$/i.test(bare) && URL.canParse(bare) ? bare : undefined;
}

/**
 * Puts files in the places of their addresses, `{ "url": "https://…" }`; the value is changed, and given back. One after
 * the other: a caller is not given the network of the server.
 */
export async function fetchAddressed(
  value: unknown,
  input: JsonSchema,
  fetchFile: (address: string) => Promise<unknown>,
): Promise<unknown> {
  const definitions = definitionsOf(input);
  const visit = async (part: unknown, schemas: readonly JsonSchema[]): Promise<unknown> => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) {
      const items = schemas.flatMap((schema) => itemsOf(schema, definitions));
      if (items.length > 0) for (const [at, item] of part.entries()) part[at] = await visit(item, items);
      return part;
    }
    const { url } = part as { readonly url?: unknown };
    const isAddress = typeof url === 'string' && Object.keys(part).length === 1 && schemas.some(takesAddress);
    if (isAddress) return fetchFile(url);
    for (const [key, inner] of Object.entries(part)) {
      const places = schemas.flatMap((schema) => placesOf(schema, key, definitions));
      if (places.length > 0) (part as Record<string, unknown>)[key] = await visit(inner, places);
    }
    return part;
  };
  return visit(value, membersOf(input, definitions));
}

function placesOf(
  { properties, additionalProperties }: JsonSchema,
  key: string,
  definitions: Definitions,
): readonly JsonSchema[] {
  const named = isSchema(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return isSchema(named) ? membersOf(named, definitions) : [];
}
