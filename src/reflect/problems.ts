/** Collects what is wrong with the author's types, so that one run reports several problems. */
import { isAbsolute, relative } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { SourceLocation } from '../spec/service-spec.ts';

const maxReported = 10; // more than an author reads before the next try

/** Collects problems, each a sentence with its place. */
export class Problems {
  readonly #lines = new Set<string>();

  /** Notes a problem; the same one at the same place counts once. */
  add(location: SourceLocation, sentence: string): void {
    this.#lines.add(`${printLocation(location)}: ${sentence}`);
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** The first ten problems as one error. */
  toError(): ServiceError<'TYPE_UNSUPPORTED'> {
    const shown = [...this.#lines].slice(0, maxReported);
    const rest = this.#lines.size - shown.length;
    if (rest > 0) shown.push(`and ${rest} more`);
    return new ServiceError('TYPE_UNSUPPORTED', { problem: shown.join('\n') });
  }
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
