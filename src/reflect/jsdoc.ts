/** Takes a JSDoc comment apart into its description and its tags. */
import type { SourceLocation } from '../spec/service-spec.ts';
import type { Comment } from './compiler.ts';

/** A tag and the text that follows it. */
export interface Tag {
  /** Without the `@`. */
  readonly name: string;
  readonly text: string;
  readonly location: SourceLocation;
  /** Whether it stands inside a line, after other words. */
  readonly isInline: boolean;
  readonly isOwn: boolean;
}

/** What a comment says, or the part of it that is about one parameter. */
export interface Docs {
  readonly description: string;
  readonly tags: readonly Tag[];
}

/** Tags that may follow others on the same line: `@param temperature @minimum 0 @maximum 2`. */
const inlineTags = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
  'uniqueItems',
  'integer',
  'type',
  'default',
  'example',
  'deprecated',
  'title',
  'additionalProperties',
  'mediaType',
].join('|');
const tagAtStart = /^@([A-Za-z][\w-]*)(?=\s|$)/;
const tagInside = new RegExp(`\\s@(?:${inlineTags})(?=\\s|$)`, 'g');

/** Reads a comment as it stands in the source. */
export function parseComment(comment: Comment): Docs {
  const description: string[] = [];
  const tags: { name: string; lines: string[]; location: SourceLocation; isInline: boolean }[] = [];
  let isInFence = false;
  for (const { text, location } of contentLines(comment)) {
    const isFence = text.trimStart().startsWith('```');
    if (isFence) isInFence = !isInFence;
    for (const piece of isInFence || isFence ? [{ text, offset: 0 }] : splitAtTags(text)) {
      const match = isInFence || isFence ? undefined : tagAtStart.exec(piece.text);
      const lines = tags.at(-1)?.lines ?? description;
      if (!match) {
        lines.push(piece.text);
        continue;
      }
      const [whole, name = ''] = match;
      const place = { ...location, column: location.column + piece.offset };
      tags.push({
        name,
        lines: [piece.text.slice(whole.length)],
        location: place,
        isInline: text.slice(0, piece.offset).trim() !== '',
      });
    }
  }
  return {
    description: clean(description),
    tags: tags.map(({ lines, ...tag }) => ({ ...tag, text: clean(dedent(lines)), isOwn: comment.isOwn })),
  };
}

/** A method's comment, with each tag at the part that it speaks of. */
export interface MethodDocs extends Docs {
  readonly parameters: ReadonlyMap<string, Docs>;
  readonly returns: Docs | undefined;
}

/** Tags that speak of the whole method, unless they stand on the line of a parameter. */
const methodTags = ['deprecated', 'example'];

/** A tag that follows `@param` or `@returns` belongs to it, until the next one of these. */
export function parseMethodComment(comment: Comment | undefined): MethodDocs {
  const docs = comment ? parseComment(comment) : { description: '', tags: [] };
  const parameters = new Map<string, { description: string; tags: Tag[] }>();
  const own: Tag[] = [];
  let returns: { description: string; tags: Tag[] } | undefined;
  let target = own;
  for (const tag of docs.tags) {
    if (tag.name === 'param') {
      const { name, description } = readParam(tag.text);
      const part = { description, tags: [] };
      parameters.set(name, part);
      target = part.tags;
    } else if (tag.name === 'returns' || tag.name === 'return') {
      returns = { description: stripType(tag.text), tags: [] };
      target = returns.tags;
    } else if (methodTags.includes(tag.name) && !tag.isInline) {
      own.push(tag);
    } else {
      target.push(tag);
    }
  }
  return { description: docs.description, tags: own, parameters, returns };
}

function* contentLines({ text, location }: Comment): Generator<{ text: string; location: SourceLocation }> {
  const lines = text.replace(/\*\/$/, '').split(/\r\n|\r|\n/);
  for (const [at, line] of lines.entries()) {
    const lead = (at === 0 ? /^\/\*\*+[ \t]?/ : /^[ \t]*\*?[ \t]?/).exec(line)?.[0].length ?? 0;
    const column = at === 0 ? location.column + lead : lead + 1;
    yield { text: line.slice(lead).trimEnd(), location: { file: location.file, line: location.line + at, column } };
  }
}

/** Cuts a line before each tag; inside a line only known ones count, since a sentence may speak of others. */
function splitAtTags(line: string): { text: string; offset: number }[] {
  const indent = line.length - line.trimStart().length;
  const first = line.startsWith('@', indent) ? indent : 0; // a description keeps its indentation
  const starts = [first, ...Array.from(line.matchAll(tagInside), ({ index }) => index + 1).filter((at) => at > indent)];
  return starts.map((start, at) => ({ text: line.slice(start, starts[at + 1]), offset: start }));
}

function readParam(text: string): { name: string; description: string } {
  const match = /^(?:\[\s*([^\]=\s]+)[^\]]*\]|(\S+))\s*(?:-\s+)?([\s\S]*)$/.exec(stripType(text));
  return { name: match?.[1] ?? match?.[2] ?? '', description: match?.[3] ?? '' };
}

function stripType(text: string): string {
  return text.replace(/^\{[^}]*\}\s*/, '');
}

/** Lines after the first one are indented below their tag. */
function dedent([first = '', ...rest]: readonly string[]): string[] {
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  return [first, ...rest.map((line) => line.slice(Math.min(...indents)))];
}

function clean(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replace(/\{@link(?:code|plain)?\s+([^}|]+?)(?:\s*\|\s*([^}]*))?\s*\}/g, (_, target: string, label?: string) =>
      (label || target).trim(),
    )
    .trim();
}
