/** Chooses files by patterns, as `fnmatch` of Python does: a star stands for slashes, too. */

/** Which files are wanted: those that fit an `include`, if there is any, and no `exclude`. */
export interface FileChoice {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** Whether a path is wanted. */
export function createFileFilter({ include, exclude = [] }: FileChoice): (path: string) => boolean {
  const wanted = include?.map(toExpression);
  const unwanted = exclude.map(toExpression);
  return (path) =>
    (wanted === undefined || wanted.some((one) => one.test(path))) && !unwanted.some((one) => one.test(path));
}

function toExpression(pattern: string): RegExp {
  const whole = pattern.endsWith('/') ? `${pattern}*` : pattern; // a folder stands for all that is in it
  const source = whole.replace(/\*+|\?|\[!?\]?[^\]]*\]|[^*?[]+|\[/g, (part) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    if (part.startsWith('[') && part.length > 1) return toCharacters(part.slice(1, -1));
    return escapeText(part);
  });
  return new RegExp(`^(?:${source})$`, 's');
}

function toCharacters(characters: string): string {
  const isNegated = characters.startsWith('!');
  const inner = characters.slice(isNegated ? 1 : 0).replace(/[\\\]^[]/g, '\\$&');
  return `[${isNegated ? '^' : ''}${inner}]`;
}

const escapeText = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
