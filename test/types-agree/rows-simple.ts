/** The kinds of generated types that are not made of others: one row each. */
import fc from 'fast-check';
import {
  anything,
  arbitraryBoolean,
  arbitraryNumber,
  arbitraryString,
  type GeneratedType,
  plain,
  strays,
  words,
} from './generated-type.ts';
import type { Value } from './values.ts';

/** One of the words, written in some way, and the same as plain literals for the question. */
function oneOf(values: readonly (string | number | boolean)[], write: GeneratedType['write']): GeneratedType {
  const wrongKind = fc.constantFrom(...values).map((value) => (typeof value === 'string' ? [value] : String(value)));
  return {
    write,
    fits: fc.constantFrom<Value>(...values),
    near: fc.oneof(strays, wrongKind, fc.constantFrom<Value>(...likelyWords)),
  };
}

const likelyWords = ['a', 'b', 'A', 'red', 'blue', 'Red', 0, 1, 5, 2];
const literals = fc.oneof(words, fc.integer({ min: -2, max: 5 }), fc.constantFrom(1.5, 1e21, 1e-7, true, false));
const someLiterals = fc.uniqueArray(literals, { minLength: 1, maxLength: 4 });
const union = (values: readonly unknown[]) => `(${values.map((value) => JSON.stringify(value)).join(' | ')})`;

/** The name of an enum, or of one member. */
function enumOf(
  members: readonly (readonly [name: string, value: string | number])[],
  isConst: boolean,
  only: boolean,
) {
  const body = members.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ');
  const values = members.map(([, value]) => value).slice(0, only ? 1 : undefined);
  return oneOf(values, (into) => {
    // A caller sends a word; TypeScript wants it named as a member of the enum.
    if (into.isQuestion) return union(values);
    const name = into.declare((own) => `${isConst ? 'const ' : ''}enum ${own} { ${body} }`);
    return only && members.length > 1 ? `${name}.${members[0]?.[0]}` : name;
  });
}

const enumMembers = fc.constantFrom(
  [['Red', 'red'], ['Blue', 'blue']] as const,
  [['Low', 0], ['High', 5]] as const,
  [['Only', 'a']] as const,
  [['No', 0], ['Maybe', 'maybe'], ['Yes', 1]] as const,
); // biome-ignore format: a list of lists

/**
 * Pieces of a template. A hole is followed by a text that it cannot hold: TypeScript takes the first place where the
 * text after a hole occurs and does not look for another.
 */
const holes = [
  { text: `\${number}`, fits: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map(String) },
  { text: `\${bigint}`, fits: fc.bigInt().map(String) },
  { text: `\${boolean}`, fits: fc.constantFrom('true', 'false') },
  { text: `\${'a' | 'b'}`, fits: fc.constantFrom('a', 'b') },
];
const text = { text: `\${string}`, fits: fc.constantFrom('', 'a', 'ä b', '1', 'a\nb') }; // only as the last: others may take more than linear time
const separators = ['_', ':', '%px', '(', '$', '[x]', '\\'];

const template: fc.Arbitrary<GeneratedType> = fc
  .tuple(
    fc.constantFrom('', 'user_', '^', '#'),
    fc.array(fc.tuple(fc.constantFrom(...holes), fc.constantFrom(...separators)), { maxLength: 1 }),
    fc.tuple(fc.constantFrom(...holes, text), fc.constantFrom(...separators)),
    fc.constantFrom('', '.', '*'),
    fc.boolean(),
  )
  .map(([start, first, last, end, endsInHole]) => {
    const pieces = [...first, last];
    const quote = (text: string) => text.replace(/[\\`$]/g, '\\$&');
    const after = (separator: string, at: number) =>
      endsInHole && at === pieces.length - 1 ? '' : `${separator}${at === pieces.length - 1 ? end : ''}`;
    const text = pieces.map(([hole, separator], at) => hole.text + quote(after(separator, at))).join('');
    const filled = (fill: (hole: (typeof holes)[number]) => fc.Arbitrary<string>) =>
      fc
        .tuple(...pieces.map(([hole]) => fill(hole)))
        .map((values) => start + values.map((value, at) => value + after(pieces[at]?.[1] ?? '', at)).join(''));
    const wrong = fc.constantFrom('', 'x', 'NaN', '1a', '--1', 'e5', 'true', 'A');
    return plain(
      `\`${quote(start)}${text}\``,
      filled(({ fits }) => fits),
      fc.oneof(
        strays,
        filled(() => wrong),
        filled(({ fits }) => fc.oneof(fits, wrong)),
        fc
          .tuple(
            filled(({ fits }) => fits),
            fc.constantFrom('x', '\nx'),
          )
          .map(([good, more]) => good + more),
      ),
    );
  });

const objects = fc.dictionary(fc.constantFrom('a', 'b', 'toString'), strays, { maxKeys: 2 });
const anyObject = (text: string): GeneratedType => ({
  // In TypeScript a text is a `{}` and an array an `object`; in JSON an object is an object.
  write: (into) => into.pick(text, 'Marked'),
  fits: objects,
  near: anything,
});

/** Every kind, by its name. */
export const simpleRows = {
  string: fc.constant(plain('string', arbitraryString, strays)),
  number: fc.constant(plain('number', arbitraryNumber, strays)),
  boolean: fc.constant(plain('boolean', arbitraryBoolean, strays)),
  null: fc.constant(plain('null', fc.constant(null), strays)),
  literals: someLiterals.map((values) => oneOf(values, () => union(values))),
  excluded: someLiterals.map((values) => oneOf(values, () => `Exclude<${union([...values, 'gone'])}, 'gone'>`)),
  keys: fc.constant(oneOf(['a', 'b c'], () => "(keyof { a: 1; 'b c': 2 })")),
  conditional: fc.constant(oneOf(['a', 1], () => "('x' extends string ? 'a' | 1 : never)")),
  enum: fc.tuple(enumMembers, fc.boolean(), fc.boolean()).map((parts) => enumOf(...parts)),
  template,
  unknown: fc.constantFrom('unknown', 'any').map((text) => plain(text, anything, anything, true)),
  object: fc.constantFrom('object', '{}').map(anyObject),
} satisfies Record<string, fc.Arbitrary<GeneratedType>>;
