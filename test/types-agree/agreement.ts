/** Asks the compiler and bentots the same about generated types and values, and reports where they disagree. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCompiler } from './compiler.ts';
import { type GeneratedType, Source, strays, trial } from './generated-type.ts';
import { type Checks, readTypes } from './reflection.ts';
import { foreign } from './rows-decoded.ts';
import { decodedTypes, jsonTypes } from './types.ts';
import { toDecoded, toTypeText, toWire, type Value } from './values.ts';

/** What a run saw. */
export interface Tally {
  types: number;
  pairs: number;
  /** Of the pairs, those that both accepted. */
  accepted: number;
}

interface Case {
  readonly author: { readonly declarations: readonly string[]; readonly text: string };
  readonly question: { readonly declarations: readonly string[]; readonly text: string };
  readonly values: readonly Value[];
  readonly roles: readonly Role[];
}

type Role = 'input' | 'output';

/** Not yet written, since the names in it depend on the place in its batch. */
interface Unwritten {
  write(prefix: string): Case;
  readonly [fc.toStringMethod]: () => string;
}

const casesOf = (
  types: fc.Arbitrary<GeneratedType>,
  others: fc.Arbitrary<Value>,
  roles: readonly Role[],
): fc.Arbitrary<Unwritten> =>
  types.chain((type) =>
    fc.array(trial(type, others), { minLength: 1, maxLength: 16, size: 'max' }).map((values) => {
      const writeTo = (source: Source) => ({ text: type.write(source), declarations: source.declarations });
      return {
        write: (prefix) => ({
          author: writeTo(new Source(false, prefix)),
          question: writeTo(new Source(true, prefix)),
          values,
          roles,
        }),
        [fc.toStringMethod]: () => type.write(new Source(false, 'T')),
      };
    }),
  );

/**
 * Checks a batch of types, each with some values: one program for all, since starting the compiler takes long.
 * @throws with the smallest disagreement that was found, and the seed that finds it again.
 */
export async function checkAgreement(seed: number): Promise<Tally> {
  const tally: Tally = { types: 0, pairs: 0, accepted: 0 };
  const ask = createCompiler(true);
  const cases = fc.oneof(
    { weight: 3, arbitrary: casesOf(jsonTypes, strays, ['input', 'output']) },
    // The text of a date or of bytes is written by us: as a result it is not looked at again.
    { weight: 1, arbitrary: casesOf(decodedTypes, foreign, ['input']) },
  );
  const batch = fc.array(cases, { minLength: 1, maxLength: 200, size: 'max' });
  const property = fc.asyncProperty(batch, async (made) => {
    const all = made.map(({ write }, at) => write(`T${at}_`));
    const answers = ask(
      all.map(({ question: { declarations, text }, values }) => ({
        declarations,
        wanted: text,
        given: values.map(toTypeText),
      })),
    );
    const disagreements: string[] = [];
    const checks = await readTypes(all.map(({ author }) => author));
    for (const [at, { author, values, roles }] of all.entries()) {
      tally.types += 1;
      for (const [index, value] of values.entries()) {
        const complaint = answers[at]?.[index];
        const wire = toWire(value);
        for (const role of roles) {
          const violation = checks[at]?.[role](wire);
          if ((complaint === undefined) !== (violation === undefined)) {
            disagreements.push(report(author, role, wire, complaint, violation));
          }
        }
        tally.pairs += 1;
        if (complaint !== undefined) continue;
        tally.accepted += 1;
        const own = checks[at];
        const lost = own?.input(wire) === undefined && own ? roundTrip(own, wire, toDecoded(value)) : undefined;
        if (lost !== undefined) disagreements.push(`${report(author, 'input', wire, complaint, undefined)}\n${lost}`);
      }
    }
    const [shortest] = disagreements.sort((a, b) => a.length - b.length);
    if (shortest !== undefined) throw new Error(shortest);
  });
  await fc.assert(property, {
    seed,
    numRuns: 1,
    interruptAfterTimeLimit: 60_000, // ends the search for a smaller disagreement, too
    includeErrorInReport: true,
  });
  return tally;
}

/** What is sent arrives as the value that it stands for, and goes back as it came. */
function roundTrip(checks: Checks, wire: unknown, value: unknown): string | undefined {
  try {
    assert.deepEqual(checks.decode(wire), value);
    assert.deepEqual(checks.encode(value), wire);
    return undefined;
  } catch (error) {
    return `but it does not come back: ${(error as Error).message}`;
  }
}

function report(
  { declarations, text }: Case['author'],
  role: string,
  wire: unknown,
  complaint: string | undefined,
  violation: string | undefined,
): string {
  return [
    `TypeScript and bentots disagree about ${JSON.stringify(wire)} as ${role} of the type ${text}`,
    ...declarations,
    `TypeScript: ${complaint ?? 'it fits'}`,
    `bentots: ${violation ?? 'it fits'}`,
  ].join('\n');
}
