/** All generated types: simple ones, and ones made of others to a depth of three. */
import fc from 'fast-check';
import { type GeneratedType, strays } from './generated-type.ts';
import { decodedRows, foreign, mapRow } from './rows-decoded.ts';
import { madeRows, type Row } from './rows-made.ts';
import { simpleRows } from './rows-simple.ts';
import type { Value } from './values.ts';

const simple = fc.oneof(...Object.values(simpleRows));

/** A type of any kind of which JSON says it all. */
export const jsonTypes: fc.Arbitrary<GeneratedType> = typesTo(3, simple, Object.values(madeRows), strays);

/**
 * A type with values that JSON cannot say. Of a union the first member is read that fits what was sent, and a text may
 * be a date: only `null` stands beside another type here.
 */
export const decodedTypes: fc.Arbitrary<GeneratedType> = typesTo(
  3,
  fc.oneof({ weight: 3, arbitrary: fc.oneof(...Object.values(decodedRows)) }, { weight: 1, arbitrary: simple }),
  [
    mapRow,
    madeRows.array,
    madeRows.tuple,
    madeRows.object,
    madeRows.mapped,
    madeRows.dictionary,
    madeRows.numbered,
    madeRows.keyed,
    madeRows.nullable,
    madeRows.generic,
    madeRows.indexed,
    madeRows.tree,
  ],
  foreign,
);

function typesTo(
  depth: number,
  leaf: fc.Arbitrary<GeneratedType>,
  made: readonly Row[],
  others: fc.Arbitrary<Value>,
): fc.Arbitrary<GeneratedType> {
  if (depth === 0) return leaf;
  const inner = typesTo(depth - 1, leaf, made, others);
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 5, arbitrary: fc.oneof(...made.map((row) => row(inner, others))) },
  );
}
