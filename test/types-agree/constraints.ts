/** Generated limits, and what each of them asks of a value: TypeScript has no say in them. */
import fc from 'fast-check';
import { readTypes } from './reflection.ts';

/** Tags with the number, text or list that they limit. */
interface Limited {
  readonly type: string;
  readonly tags: readonly Tag[];
  readonly values: readonly unknown[];
}

interface Tag {
  readonly text: string;
  /** The same as a part of the type. */
  readonly brand: string;
  readonly holds: (value: never) => boolean;
}

const small = fc.integer({ min: -4, max: 8 });
const count = fc.integer({ min: 0, max: 4 });

const tagsOf = {
  number: fc.oneof(
    small.map((limit) => ({ text: `@minimum ${limit}`, brand: `Min<${limit}>`, holds: (value: number) => value >= limit })),
    small.map((limit) => ({ text: `@maximum ${limit}`, brand: `Max<${limit}>`, holds: (value: number) => value <= limit })),
    small.map((limit) => ({ text: `@exclusiveMinimum ${limit}`, brand: `Above<${limit}>`, holds: (value: number) => value > limit })),
    small.map((limit) => ({ text: `@exclusiveMaximum ${limit}`, brand: `Below<${limit}>`, holds: (value: number) => value < limit })),
    fc.constant({ text: '@integer', brand: 'Int', holds: (value: number) => Number.isInteger(value) }),
    // Of fractions only those that a computer can write: for others JavaScript's remainder is no judge.
    fc.constantFrom(0.25, 0.5, 1, 3).map((step) => ({ text: `@multipleOf ${step}`, brand: `MultipleOf<${step}>`, holds: (value: number) => value % step === 0 })),
  ),
  string: fc.oneof(
    count.map((limit) => ({ text: `@minLength ${limit}`, brand: `MinLength<${limit}>`, holds: (value: string) => [...value].length >= limit })),
    count.map((limit) => ({ text: `@maxLength ${limit}`, brand: `MaxLength<${limit}>`, holds: (value: string) => [...value].length <= limit })),
    fc
      .constantFrom('^[a-c]+$', 'b', '^.$', '^(?:a|😀)')
      .map((source) => ({ text: `@pattern ${source}`, brand: `Pattern<${JSON.stringify(source)}>`, holds: (value: string) => new RegExp(source, 'u').test(value) })),
  ),
  'number[]': fc.oneof(
    count.map((limit) => ({ text: `@minItems ${limit}`, brand: `MinItems<${limit}>`, holds: (value: unknown[]) => value.length >= limit })),
    count.map((limit) => ({ text: `@maxItems ${limit}`, brand: `MaxItems<${limit}>`, holds: (value: unknown[]) => value.length <= limit })),
    fc.constant({ text: '@uniqueItems', brand: 'UniqueItems', holds: (value: unknown[]) => new Set(value).size === value.length }),
  ),
}; // biome-ignore format: a table reads as a table

const number = fc.oneof(
  small,
  small.map((value) => value + 0.5),
  fc.constantFrom(0.25, 1e21, -1e-7, 0.1),
);
const valuesOf: Readonly<Record<keyof typeof tagsOf, fc.Arbitrary<unknown>>> = {
  number,
  string: fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'z', '😀', '\n'), maxLength: 5 }),
  'number[]': fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }),
};

const limited: fc.Arbitrary<Limited> = fc
  .constantFrom('number' as const, 'string' as const, 'number[]' as const)
  .chain((type) =>
    fc.record({
      type: fc.constant(type),
      // Of the same tag the last would count.
      tags: fc.uniqueArray<Tag, string | undefined>(tagsOf[type], {
        minLength: 1,
        maxLength: 3,
        selector: ({ text }) => text.split(' ')[0],
      }),
      values: fc.array(valuesOf[type], { minLength: 1, maxLength: 10, size: 'max' }),
    }),
  );

/**
 * Checks tags above a property and above an alias, and limits as parts of a type.
 * @throws with an example that is accepted and should not be, or the reverse.
 */
export async function checkConstraints(seed: number, batches: number): Promise<number> {
  let pairs = 0;
  const property = fc.asyncProperty(fc.array(limited, { minLength: 1, maxLength: 60, size: 'max' }), async (all) => {
    const checks = await readTypes(
      all.map(({ type, tags }, at) => {
        const comment = `/**\n${tags.map(({ text }) => ` * ${text}\n`).join('')} */`;
        const branded = [type, ...tags.map(({ brand }) => brand)].join(' & ');
        const forms = [
          { declarations: [`interface C${at} { ${comment} v: ${type} }`], text: `C${at}` },
          { declarations: [`${comment}\ntype C${at} = ${type};`], text: `{ v: C${at} }` },
          { declarations: [], text: `{ v: ${branded} }` },
        ] as const;
        return forms[at % forms.length] ?? forms[0];
      }),
    );
    for (const [at, { type, tags, values }] of all.entries()) {
      for (const value of values) {
        const broken = tags.find(({ holds }) => !holds(value as never)); // values and tags are of the same type
        const violation = checks[at]?.input({ v: value });
        pairs += 1;
        if ((broken === undefined) === (violation === undefined)) continue;
        const written = tags.map(({ text }) => text).join(' ');
        const expected = broken ? `${broken.text} refuses it` : 'nothing refuses it';
        throw new Error(
          `${JSON.stringify(value)} as ${type} with ${written}: ${expected}, but ${violation ?? 'it fits'}`,
        );
      }
    }
  });
  await fc.assert(property, { seed, numRuns: batches, interruptAfterTimeLimit: 60_000 });
  return pairs;
}
