/** A generated type: how it is written, values that fit it, and values that nearly do. */
import fc from 'fast-check';
import { countParts, replacePart, type Value } from './values.ts';

/** A type of the author, not yet written. */
export interface GeneratedType {
  /** Writes the type into a source, and what it needs above into its declarations. */
  write(into: Source): string;
  /** Values of the type, by construction. */
  readonly fits: fc.Arbitrary<Value>;
  /** Values that are wrong in a place or two, or happen to fit. */
  readonly near: fc.Arbitrary<Value>;
  /** Whether it takes every value, and so swallows the other members of a union. */
  readonly isTop?: boolean;
}

/**
 * A source under construction. A type is written twice: as the author writes it, and as the question that TypeScript
 * is asked. They differ only where JSON and TypeScript do on purpose, see `differences.ts`.
 */
export class Source {
  readonly isQuestion: boolean;
  readonly declarations: string[] = [];
  readonly #prefix: string;
  #count = 0;

  constructor(isQuestion: boolean, prefix: string) {
    this.isQuestion = isQuestion;
    this.#prefix = prefix;
  }

  /** Declares something under a name of its own; gives the name. */
  declare(write: (name: string) => string): string {
    this.#count += 1;
    const name = `${this.#prefix}${this.#count}`;
    this.declarations.push(write(name));
    return name;
  }

  /** One text for the author, another for the question. */
  pick(author: string, question: string): string {
    return this.isQuestion ? question : author;
  }
}

/** A type of which one text, the same in both sources, is all there is to write. */
export function plain(
  text: string,
  fits: fc.Arbitrary<Value>,
  near: fc.Arbitrary<Value>,
  isTop = false,
): GeneratedType {
  return { write: () => text, fits, near, isTop };
}

export const words = fc.constantFrom('', 'a', 'b', 'a b', 'é', '😀', '"', '\\', '__proto__', 'null', '1');

const numbers = fc.oneof(
  fc.integer({ min: -3, max: 9 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)), // JSON has no -0
);

export const arbitraryString: fc.Arbitrary<Value> = fc.oneof(words, fc.string({ unit: 'grapheme', maxLength: 5 }));
export const arbitraryNumber: fc.Arbitrary<Value> = numbers;
export const arbitraryBoolean: fc.Arbitrary<Value> = fc.boolean();

/** Names of properties: plain ones, ones that need quotes, ones that every object inherits, ones that look like numbers. */
export const names = fc.constantFrom('a', 'b', 'c', 'kind', 'with space', 'constructor', 'toString', '7', '0', 'é');

/** Values of every kind, that fit a type only by chance. */
export const strays: fc.Arbitrary<Value> = fc.oneof(
  arbitraryString,
  arbitraryNumber,
  fc.constantFrom<Value>(
    null,
    true,
    false,
    0,
    1,
    '',
    'a',
    [],
    {},
    [[]],
    [null],
    ['a'],
    [1, 2],
    { a: 1 },
    { kind: 'a' },
  ),
);

/** Anything that JSON can say. */
export const anything: fc.Arbitrary<Value> = fc.oneof(
  strays,
  fc.array(strays, { maxLength: 3 }),
  fc.dictionary(names, strays, { maxKeys: 3 }),
);

/** Mostly a value that fits. */
export function mostly({ fits, near }: GeneratedType): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 5, arbitrary: fits }, { weight: 1, arbitrary: near });
}

/** A value to try on a type: one that fits, one that nearly does, or one that fits but for one part. */
export function trial({ fits, near }: GeneratedType, others: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const broken = fc
    .tuple(fits, fc.nat({ max: 1000 }), others)
    .map(([value, at, stray]) => replacePart(value, at % countParts(value), stray));
  return fc.oneof({ weight: 2, arbitrary: fits }, { weight: 2, arbitrary: near }, { weight: 1, arbitrary: broken });
}
