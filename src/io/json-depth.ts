/** How deep JSON is nested: found in its bytes, before anything is made of them, or in the parsed value. */

/** How many opening brackets there are, counted until there are more than `enough`: no text is nested deeper. */
export function countOpening(text: string, enough: number): number {
  let count = 0;
  for (const bracket of ['[', '{']) {
    // `indexOf` sees 16 and more characters at a time.
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count++;
      if (count > enough) return count;
    }
  }
  return count;
}

const quote = 0x22;
const backslash = 0x5c;
const opening = 0x7b; // of both kinds, with the one bit set in which they differ
const closing = 0x7d;
const between = 0x20;

/** Whether the UTF-8 bytes of a text, JSON or not, open more than `limit` brackets without closing them. */
export function areBytesDeeper(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number; // within bounds
    if (byte === quote) {
      at = endOfString(bytes, at);
      continue;
    }
    if (byte < backslash - 1 || byte === backslash) continue; // most bytes are digits, commas and spaces
    const bracket = byte | between;
    if (bracket === closing) depth--;
    else if (bracket === opening && ++depth > limit) return true;
  }
  return false;
}

function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === quote) return at;
    if (bytes[at] === backslash) at++;
  }
  return bytes.length; // unterminated; the parser will say so
}

/** Whether an array or an object fresh from the parser has more than `limit` levels. */
export function isDeeper(value: object, limit: number): boolean {
  if (limit === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isObject(item) && isDeeper(item, limit - 1)) return true;
    return false;
  }
  for (const key in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[key]; // its own: from the parser it inherits nothing
    if (isObject(inner) && isDeeper(inner, limit - 1)) return true;
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
