/** Reads a regular expression with the flag `u`, already known to be valid, into a tree. */
import { allChars, type CharSet, char, complement, noChars, range, union } from './char-set.ts';

/** A part of a pattern. */
export type PatternNode =
  | { readonly kind: 'chars'; readonly set: CharSet }
  /** Takes no character: the start of the text, or the border of a word. */
  | { readonly kind: 'empty'; readonly isStart: boolean }
  /** The end of the text: nothing can follow. */
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly body: PatternNode; readonly min: number; readonly max: number };

class Unsupported extends Error {}

/** Gives the tree, or the name of what the tree has no place for. */
export function parsePattern(pattern: string): { readonly node: PatternNode } | { readonly unsupported: string } {
  try {
    return { node: new Parser(pattern).choice() };
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: error.message };
    throw error;
  }
}

const digits = range(0x30, 0x39);
const wordChars = [range(0x41, 0x5a), range(0x61, 0x7a), char(0x5f)].reduce(union, digits);
const spaces = [0x20, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff]
  .map(char)
  .reduce(union, union(range(9, 13), range(0x2000, 0x200a)));
const lineEnds = [0x0a, 0x0d, 0x2028, 0x2029].map(char).reduce(union, noChars);
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
const classes: Readonly<Record<string, CharSet>> = { d: digits, w: wordChars, s: spaces };

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #hasProperty = false;

  constructor(pattern: string) {
    this.#chars = Array.from(pattern);
  }

  choice(): PatternNode {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    const [only] = options;
    return only && options.length === 1 ? only : { kind: 'choice', options };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    while (this.#at < this.#chars.length && this.#peek() !== '|' && this.#peek() !== ')') {
      items.push(this.#quantified(this.#atom()));
    }
    return { kind: 'sequence', items };
  }

  #quantified(body: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (!bounds) return body;
    this.#take('?'); // lazy or greedy, the same places are tried
    return { kind: 'repeat', body, ...bounds };
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (!this.#take('{')) return undefined;
    const [min = '', max] = this.#until('}').split(',');
    return { min: Number(min), max: max === undefined ? Number(min) : max === '' ? Infinity : Number(max) };
  }

  #atom(): PatternNode {
    const next = this.#next();
    if (next === '^') return { kind: 'empty', isStart: true };
    if (next === '$') return { kind: 'end' };
    if (next === '.') return { kind: 'chars', set: complement(lineEnds) };
    if (next === '[') return { kind: 'chars', set: this.#class() };
    if (next === '(') return this.#group();
    if (next !== '\\') return { kind: 'chars', set: char(codeOf(next)) };
    if (this.#take('b') || this.#take('B')) return { kind: 'empty', isStart: false };
    if (/[1-9k]/.test(this.#peek())) throw new Unsupported('a back-reference');
    return { kind: 'chars', set: this.#escape() };
  }

  #group(): PatternNode {
    if (this.#take('?')) {
      if (this.#take('=') || this.#take('!')) throw new Unsupported('a look-ahead');
      if (this.#take('<')) {
        if (this.#peek() === '=' || this.#peek() === '!') throw new Unsupported('a look-behind');
        this.#until('>');
      } else if (!this.#take(':')) {
        throw new Unsupported('flags inside a group');
      }
    }
    const node = this.choice();
    this.#next(); // the closing parenthesis
    return node;
  }

  #class(): CharSet {
    const isNegated = this.#take('^');
    let set = noChars;
    this.#hasProperty = false;
    while (!this.#take(']')) {
      const from = this.#classItem();
      const isRange = this.#peek() === '-' && this.#chars[this.#at + 1] !== ']' && isSingle(from);
      if (isRange) this.#next();
      const to = isRange ? this.#classItem() : from;
      set = union(set, isRange ? range(from[0]?.[0] ?? 0, to[0]?.[0] ?? 0) : from);
    }
    if (this.#hasProperty) return allChars;
    return isNegated ? complement(set) : set;
  }

  #classItem(): CharSet {
    const next = this.#next();
    if (next !== '\\') return char(codeOf(next));
    return this.#take('b') ? char(8) : this.#escape();
  }

  #escape(): CharSet {
    const next = this.#next();
    const set = classes[next.toLowerCase()];
    if (set) return next === next.toLowerCase() ? set : complement(set);
    if (next === 'p' || next === 'P') {
      this.#until('}');
      this.#hasProperty = true;
      return allChars; // which characters have the property does not matter: taking all of them errs to the safe side
    }
    if (next === 'x') return char(Number.parseInt(this.#next() + this.#next(), 16));
    if (next === 'c') return char(codeOf(this.#next()) % 32);
    if (next === 'u') return char(this.#unicode());
    return char(controls[next] ?? codeOf(next));
  }

  #unicode(): number {
    if (this.#take('{')) return Number.parseInt(this.#until('}'), 16);
    const high = this.#hex4();
    const isPair = high >= 0xd800 && high <= 0xdbff && this.#peek() === '\\' && this.#chars[this.#at + 1] === 'u';
    if (!isPair || this.#chars[this.#at + 2] === '{') return high;
    this.#at += 2;
    const low = this.#hex4();
    if (low >= 0xdc00 && low <= 0xdfff) return ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
    this.#at -= 6;
    return high;
  }

  #hex4(): number {
    return Number.parseInt(this.#next() + this.#next() + this.#next() + this.#next(), 16);
  }

  #until(end: string): string {
    let text = '';
    while (this.#at < this.#chars.length && !this.#take(end)) text += this.#next();
    return text;
  }

  #peek(): string {
    return this.#chars[this.#at] ?? '';
  }

  #next(): string {
    return this.#chars[this.#at++] ?? '';
  }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at += 1;
    return true;
  }
}

function isSingle(set: CharSet): boolean {
  return set.length === 1 && set[0]?.[0] === set[0]?.[1];
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
