/** Refuses regular expressions whose time on a hostile text could grow faster than the text. */

import { type CharSet, noChars, overlaps, union } from './char-set.ts';
import { type PatternNode, parsePattern } from './pattern-parser.ts';

const maxLength = 1000;
const maxChoices = 256; // ways to try at one place of the text; each multiplies the time

/** What follows a part of the pattern. */
interface Rest {
  /** The characters with which it can begin. */
  readonly first: CharSet;
  /** Whether it repeats something without a limit. */
  readonly isUnbounded: boolean;
}

/**
 * Says why a pattern may not be used; `undefined` if it is safe.
 *
 * Safe means that a backtracking engine needs time linear in the text. That holds where at each point of a repetition
 * the next character decides what to do; at most one repetition outside of others may leave it open, if what follows
 * repeats nothing. Some patterns that are harmless are refused too.
 */
export function whyUnsafe(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return `is not a regular expression: ${error instanceof Error ? error.message : error}`; // the engine's own words
  }
  if (pattern.length > maxLength) return `is longer than ${maxLength} characters`;
  const parsed = parsePattern(pattern);
  if ('unsupported' in parsed) return `has ${parsed.unsupported}, which can take very long; write it without`;
  const { node } = parsed;
  if (hasUnbounded(node) && !isAnchored(node)) {
    return 'repeats without a limit but does not begin with ^, so that each place of the text is tried; begin it with ^, or bound the repetition as in {0,100}';
  }
  const checker = new Ambiguity();
  checker.visit(node, { first: noChars, isUnbounded: false }, false);
  return checker.problem;
}

/** Walks the pattern from its end, always knowing what can follow. */
class Ambiguity {
  problem: string | undefined;
  #choices = 1;

  visit(node: PatternNode, rest: Rest, isRepeated: boolean): void {
    if (node.kind === 'sequence') {
      let after = rest;
      for (const item of node.items.toReversed()) {
        this.visit(item, after, isRepeated);
        after = before(item, after);
      }
    } else if (node.kind === 'choice') {
      this.#visitChoice(node.options, rest, isRepeated);
    } else if (node.kind === 'repeat') {
      this.#visitRepeat(node, rest, isRepeated);
    }
  }

  #visitChoice(options: readonly PatternNode[], rest: Rest, isRepeated: boolean): void {
    let seen = noChars;
    for (const option of options) {
      const { first } = before(option, rest);
      if (overlaps(seen, first)) this.#addChoice(2, isRepeated, 'alternatives that can begin with the same character');
      seen = union(seen, first);
      this.visit(option, rest, isRepeated);
    }
  }

  #visitRepeat(node: PatternNode & { kind: 'repeat' }, rest: Rest, isRepeated: boolean): void {
    const { body, min, max } = node;
    const isLoop = max > 1;
    if (isLoop && isNullable(body)) this.#refuse('a repetition of something that can be empty');
    const isOpen = min !== max && overlaps(firstOf(body), rest.first);
    if (isOpen && max !== Infinity) {
      this.#addChoice(max - min + 1, isRepeated, 'a repetition that can end before a character it also accepts');
    } else if (isOpen && (isRepeated || rest.isUnbounded)) {
      this.#refuse('two repetitions that can share the same characters');
    }
    // After one round comes the next one or what follows all of them.
    const next = isLoop
      ? { first: union(firstOf(body), rest.first), isUnbounded: rest.isUnbounded || max === Infinity }
      : rest;
    this.visit(body, next, isRepeated || isLoop);
  }

  #addChoice(ways: number, isRepeated: boolean, what: string): void {
    this.#choices *= ways;
    if (isRepeated || this.#choices > maxChoices) this.#refuse(what);
  }

  #refuse(what: string): void {
    this.problem ??= `has ${what}, which can take very long; rewrite it so that the next character always decides, as in ^[a-z]+(-[a-z]+)*$`;
  }
}

function before(node: PatternNode, rest: Rest): Rest {
  const first = isNullable(node) ? union(firstOf(node), rest.first) : firstOf(node);
  return { first, isUnbounded: rest.isUnbounded || hasUnbounded(node) };
}

function isNullable(node: PatternNode): boolean {
  if (node.kind === 'chars' || node.kind === 'end') return false;
  if (node.kind === 'empty') return true;
  if (node.kind === 'sequence') return node.items.every(isNullable);
  if (node.kind === 'choice') return node.options.some(isNullable);
  return node.min === 0 || isNullable(node.body);
}

function firstOf(node: PatternNode): CharSet {
  if (node.kind === 'chars') return node.set;
  if (node.kind === 'end' || node.kind === 'empty') return noChars; // nothing can follow the end
  if (node.kind === 'repeat') return firstOf(node.body);
  if (node.kind === 'choice') return node.options.map(firstOf).reduce(union, noChars);
  let first = noChars;
  for (const item of node.items) {
    first = union(first, firstOf(item));
    if (!isNullable(item)) break;
  }
  return first;
}

function hasUnbounded(node: PatternNode): boolean {
  if (node.kind === 'repeat') return node.max === Infinity || hasUnbounded(node.body);
  if (node.kind === 'sequence') return node.items.some(hasUnbounded);
  return node.kind === 'choice' && node.options.some(hasUnbounded);
}

function isAnchored(node: PatternNode): boolean {
  if (node.kind === 'empty') return node.isStart;
  if (node.kind === 'sequence') return node.items[0] !== undefined && isAnchored(node.items[0]);
  return node.kind === 'choice' && node.options.every(isAnchored);
}
