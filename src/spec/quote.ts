/** Values, words and paths as they may stand in a message: short, on one line, without control characters. */

const shownCharacters = 60;
const shownPathCharacters = 200;
const shownListCharacters = 240;

/** A text in quotes, cut where it is long. */
export function quote(text: string): string {
  if (text.length <= shownCharacters) return escapeControls(JSON.stringify(text));
  const start = text.slice(0, shownCharacters).replace(/[\ud800-\udbff]$/, ''); // no half of a surrogate pair
  return `${escapeControls(JSON.stringify(start))}… (${text.length} characters)`;
}

/** JSON leaves some characters as they are that move the cursor, break the line or turn the direction. */
function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const safeBigInt = 2n ** 64n; // writing a longer one takes time that grows with the square of its digits

/** What a value is. Of arrays and objects only the kind, since a message is no place for what they hold. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value === 'bigint' && (value > safeBigInt || value < -safeBigInt)) return 'a bigint';
  return String(value);
}

/** A text that we did not write, such as a pattern, as part of a sentence. */
export function inline(text: string, atMost = 200): string {
  const plain = escapeControls(text.slice(0, atMost));
  return text.length > atMost ? `${plain}…` : plain;
}

/** A key: as it is where it is a word, else in quotes. */
export function nameKey(key: string): string {
  return isWord(key) ? key : quote(key);
}

function isWord(key: string): boolean {
  return key.length <= shownCharacters && /^[\p{L}\p{N}_$@][\p{L}\p{N}_$@-]*$/u.test(key);
}

/** A place, for example `items[3].price`. */
export function printPath(loc: readonly (string | number)[]): string {
  if (loc.length === 0) return 'the value';
  const path = loc
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!isWord(part)) return `[${quote(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
  if (path.length <= shownPathCharacters) return path;
  return `${path.slice(0, shownCharacters)}…${path.slice(shownCharacters - shownPathCharacters)}`;
}

/** Words as a list, for example `"a", "b" or "c"`; what is too long is counted. */
export function list(words: readonly string[], last: 'and' | 'or', atMost: number): string {
  let length = 0;
  const shown = words.slice(0, atMost).filter((word, index) => {
    length += word.length + 2;
    return index === 0 || length <= shownListCharacters;
  });
  if (shown.length < words.length) return `${shown.join(', ')}, … (${words.length} in all)`;
  return [shown.slice(0, -1).join(', '), ...shown.slice(-1)].filter((part) => part !== '').join(` ${last} `);
}
