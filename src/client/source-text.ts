/** Pieces of TypeScript made of text that a server sent: whatever it says, it stays inside its piece. */

/** A string literal. */
export function toLiteral(text: string): string {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`); // seen nowhere else
  return `'${inner}'`;
}

/** Longest text of a comment, in characters: what is longer helps nobody who reads a type. */
const longestComment = 2000;

/** A tag of a comment, and what it says. */
export interface Tag {
  readonly tag: string;
  readonly words: readonly string[];
}

/** A TSDoc comment with its line feed, or nothing where there is nothing to say. */
export function toComment(paragraphs: readonly string[], tags: readonly Tag[] = []): string {
  const tagged = tags.map(({ tag, words }) => wrap(`${tag} ${words.map(toProse).join(' ')}`));
  const lines = [...paragraphs.flatMap((text) => wrap(toProse(text))), ...tagged.flat()];
  if (lines.length === 0) return '';
  if (lines.length === 1) return `/** ${lines[0]} */\n`;
  return `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
}

/** One paragraph that can neither end its comment nor begin a tag. */
function toProse(text: string): string {
  const plain = text.replace(/[\s\p{C}]+/gu, ' ').trim();
  const short = plain.length > longestComment ? `${plain.slice(0, longestComment).toWellFormed()}…` : plain;
  return short.replaceAll('*/', '*\\/').replaceAll('@', '\\@');
}

const lineWidth = 100;

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= lineWidth) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** Words that may not name a parameter, in modules or in strict code. */
const keywords: ReadonlySet<string> = new Set(
  `arguments async await break case catch class const constructor continue debugger default delete do else enum eval export
  extends false finally for function if implements import in Infinity instanceof interface let NaN new null package private
  protected public return static super switch this throw true try typeof undefined var void while with yield`.split(
    /\s+/,
  ),
);

/** Words that may not name a type, either. */
const typeKeywords: ReadonlySet<string> = new Set(
  `any as asserts bigint boolean declare from infer intrinsic is keyof module namespace never number object readonly require
  satisfies string symbol type unique unknown`.split(/\s+/),
);

const hasShape = (text: string) => /^[A-Za-z_$][\w$]*$/.test(text);

/** Whether a text is an identifier that may stand anywhere. */
export function isIdentifier(text: string): boolean {
  return hasShape(text) && !keywords.has(text) && !typeKeywords.has(text);
}

/** The name of a member: as it is where TypeScript allows that. */
export function toKey(name: string): string {
  return hasShape(name) && name !== 'new' && name !== 'constructor' ? name : toLiteral(name);
}

/** The name of a parameter, as near to the given one as can be. */
export function toParameterName(name: string): string {
  const plain = name.replace(/[^\w$]/g, '_').replace(/^(?=\d|$)/, '_');
  return keywords.has(plain) ? `${plain}_` : plain;
}

/** The name of a type, as near to the given one as can be. */
export function toTypeName(name: string, fallback: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^A-Za-z\d$]+/);
  const joined = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
  return (joined === '' ? fallback : joined).replace(/^(?=\d)/, '_');
}

/** A name that is not taken yet; it is taken then. */
export function toUnique(name: string, taken: Set<string>): string {
  let unique = name;
  for (let count = 2; taken.has(unique); count++) unique = `${name}${count}`;
  taken.add(unique);
  return unique;
}
