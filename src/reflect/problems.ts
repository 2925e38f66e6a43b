/** Collects what is wrong with the author's types, so that one run reports several problems. */
import { isAbsolute, relative } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { SourceLocation } from '../spec/service-spec.ts';
import { codeFrame } from './code-frame.ts';
import type { SourceRange } from './compiler.ts';

const maxReported = 10; // more than an author reads before the next try

/** The text of a file that was read. */
export type TextOf = (file: string) => string | undefined;

/** Collects problems, each a sentence with its place and the code that it is about. */
export class Problems {
  readonly #ranges = new Map<string, SourceLocation | SourceRange>();
  readonly #warnings = new Map<string, SourceLocation | SourceRange>();
  readonly #textOf: TextOf;

  constructor(textOf: TextOf) {
    this.#textOf = textOf;
  }

  /**
   * Notes a problem; the same one at the same place counts once.
   * @param underline what to show of the file; without it, or in another file, the word at the place.
   */
  add(location: SourceLocation, sentence: string, underline?: SourceRange): void {
    note(this.#ranges, location, sentence, underline);
  }

  /** Notes what is allowed, but perhaps not meant. */
  warn(location: SourceLocation, sentence: string, underline?: SourceRange): void {
    note(this.#warnings, location, sentence, underline);
  }

  /** The first ten warnings. */
  get warnings(): readonly string[] {
    return this.#print(this.#warnings);
  }

  get isEmpty(): boolean {
    return this.#ranges.size === 0;
  }

  /** The first ten problems as one error. */
  toError(): ServiceError<'TYPE_UNSUPPORTED'> {
    return new ServiceError('TYPE_UNSUPPORTED', { problem: this.#print(this.#ranges).join('\n\n') });
  }

  #print(ranges: ReadonlyMap<string, SourceLocation | SourceRange>): string[] {
    const shown = [...ranges]
      .slice(0, maxReported)
      .map(([line, range]) => withFrame(line, range, this.#textOf(range.file)));
    const rest = ranges.size - shown.length;
    return rest > 0 ? [...shown, `and ${rest} more`] : shown;
  }
}

function note(
  ranges: Map<string, SourceLocation | SourceRange>,
  location: SourceLocation,
  sentence: string,
  underline: SourceRange | undefined,
): void {
  const isHere = underline?.file === location.file;
  const line = `${printLocation(location)}: ${sentence}`;
  if (!ranges.has(line)) ranges.set(line, isHere ? underline : location);
}

/** A sentence and below it the code that it is about. */
export function withFrame(sentence: string, range: SourceLocation | SourceRange, text: string | undefined): string {
  const length = 'length' in range ? range.length : undefined;
  const frame = text === undefined ? undefined : codeFrame(text, range.line, range.column, length);
  return frame === undefined ? sentence : `${sentence}\n${frame}`;
}

/** A place as `path:line:column`; the path is relative to the current folder when it is inside it. */
export function printLocation({ file, line, column }: SourceLocation): string {
  return `${printPath(file)}:${line}:${column}`;
}

/** A path relative to the current folder when it is inside it, else as it is. */
export function printPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}
