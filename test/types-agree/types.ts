/** All generated types: simple ones, and ones made of others to a depth of three. */
import fc from 'fast-check';
import type { GeneratedType } from './generated-type.ts';
import { madeRows } from './rows-made.ts';
import { simpleRows } from './rows-simple.ts';

const simple = fc.oneof(...Object.values(simpleRows));

/** A type of any kind. */
export const types: fc.Arbitrary<GeneratedType> = typesTo(3);

function typesTo(depth: number): fc.Arbitrary<GeneratedType> {
  if (depth === 0) return simple;
  const inner = typesTo(depth - 1);
  return fc.oneof(
    { weight: 2, arbitrary: simple },
    { weight: 5, arbitrary: fc.oneof(...Object.values(madeRows).map((row) => row(inner))) },
  );
}
