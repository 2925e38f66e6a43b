/** Decides whether every value that one schema allows is allowed by another, and says where it is not or may not be. */
import { ioKeyword } from '../io/io-type.ts';
import { inPlace, nameAlternatives } from './alternatives.ts';
import { annotations, type Flat, flatten, isAbsent, isSame } from './compare-flat.ts';
import type { Gap } from './compare-gap.ts';
import { findGapsOfPart, nameFlat } from './compare-rules.ts';
import { type Definitions, definitionsOf, isSchema, resolveReference } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/**
 * The gaps; none means that every value of `narrow` is one of `wide`. What cannot be decided is a gap.
 *
 * Of objects, values are taken to have the fields that are declared: one that is new and optional is no gap, and one that
 * is gone is one, although both schemas allow any other field.
 */
export function findGaps(narrow: JsonSchema, wide: JsonSchema, side: 'input' | 'output'): readonly Gap[] {
  return createComparison(narrow, wide, side)(narrow, wide);
}

const mostSteps = 20_000; // what people write takes some hundred
const deepest = 100;

function createComparison(narrowDocument: JsonSchema, wideDocument: JsonSchema, side: 'input' | 'output') {
  const narrowDefinitions = definitionsOf(narrowDocument);
  const wideDefinitions = definitionsOf(wideDocument);
  const hasSameDefinitions = isSame(mapValues(narrowDefinitions, withoutWords))(
    mapValues(wideDefinitions, withoutWords),
  );
  const results = new Map<unknown, Map<unknown, readonly Gap[]>>();
  let proven: (readonly [narrow: unknown, wide: unknown])[] = [];
  let steps = 0;
  let depth = 0;

  const remember = (narrow: unknown, wide: unknown, gaps: readonly Gap[]) => {
    const row = results.get(narrow) ?? new Map<unknown, readonly Gap[]>();
    row.set(wide, gaps);
    results.set(narrow, row);
  };
  const nameWide = (schema: unknown) => nameOf(schema, wideDefinitions);

  const compare = (givenNarrow: unknown, givenWide: unknown): readonly Gap[] => {
    const narrow = standFor(givenNarrow, narrowDefinitions);
    const wide = standFor(givenWide, wideDefinitions);
    if (wide === undefined || wide === true || isAbsent(narrow)) return [];
    const known = results.get(narrow)?.get(wide);
    if (known) return known;
    steps += 1;
    if (steps > mostSteps || depth > deepest) return [undecided(narrow, wide)];
    // A type may hold itself: while a pair is compared it is taken to have no gap. If it turns out to have one, what was
    // proven meanwhile may rest on that, and is forgotten.
    const outer = proven;
    proven = [];
    remember(narrow, wide, []);
    depth += 1;
    const gaps = compareParts(isSchema(narrow) ? narrow : {}, wide);
    depth -= 1;
    if (gaps.length === 0) outer.push([narrow, wide], ...proven);
    else for (const [left, right] of proven) results.get(left)?.delete(right);
    proven = outer;
    remember(narrow, wide, gaps);
    return gaps;
  };

  const undecided = (narrow: unknown, wide: unknown): Gap => ({
    path: '',
    kind: 'value',
    narrow: nameOf(narrow, narrowDefinitions),
    wide: nameWide(wide),
    isCertain: false,
  });

  const compareParts = (narrow: JsonSchema, wide: unknown): readonly Gap[] => {
    if (hasSameDefinitions && isSame(withoutWords(narrow))(withoutWords(wide))) return [];
    const flats = flatten(narrow, narrowDefinitions);
    return flats ? unique(flats.flatMap((flat) => compareFlat(flat, wide))) : [undecided(narrow, wide)];
  };

  const compareFlat = (narrow: Flat, wide: unknown): readonly Gap[] => {
    if (wide === undefined || wide === true) return [];
    if (!isSchema(wide))
      return [{ path: '', kind: 'value', narrow: nameFlat(narrow), wide: 'nothing', isCertain: true }];
    const parts = inPlace(wide, wideDefinitions);
    const shared = { side, narrow, parts, hasSameDefinitions, compare, compareFlat, isDisjoint, nameWide };
    return [...parts.flatMap((part) => findGapsOfPart({ ...shared, part })), ...findLostForm(narrow, parts)];
  };

  const isDisjoint = (narrow: Flat, wide: unknown): boolean => {
    if (!isSchema(wide)) return wide === false;
    const flats = flatten(wide, wideDefinitions);
    return flats?.every((flat) => areDisjoint(narrow, flat) || haveOtherWords(narrow, flat)) ?? false;
  };

  /** Whether a field that both have to have cannot be the same. */
  const haveOtherWords = (narrow: Flat, wide: Flat): boolean =>
    [...narrow.required].some((name) => {
      if (!wide.required.has(name)) return false;
      const [own, other] = [narrow.properties.get(name), wide.properties.get(name)];
      if (!isSchema(own) || !isSchema(other)) return false;
      const [flats, others] = [flatten(own, narrowDefinitions), flatten(other, wideDefinitions)];
      return flats?.every((a) => others?.every((b) => areDisjoint(a, b))) ?? false;
    });

  return compare;
}

/** What a schema that only refers to another one stands for, so that a pair of definitions is compared once. */
function standFor(schema: unknown, definitions: Definitions, depth = 0): unknown {
  if (!isSchema(schema) || depth > 20) return schema;
  const keywords = Object.keys(schema).filter((keyword) => !annotations.has(keyword));
  const target = keywords.length === 1 ? resolveReference(schema, definitions) : undefined;
  return target ? standFor(target, definitions, depth + 1) : schema;
}

/** A value that was written in a way of its own, and is plain JSON on the other side. */
function findLostForm({ rest }: Flat, parts: readonly JsonSchema[]): Gap[] {
  const own = rest[ioKeyword];
  if (own === undefined || parts.some((part) => part.anyOf || part.oneOf || part[ioKeyword])) return [];
  const isCertain = parts.some(({ type }) => type !== undefined);
  return [{ path: '', kind: 'rule', narrow: `of the kind ${own}`, wide: 'plain JSON', isCertain }];
}

function areDisjoint(a: Flat, b: Flat): boolean {
  const isNumber = (type: string) => type === 'number' || type === 'integer';
  const areTypesDisjoint =
    a.types.length > 0 &&
    b.types.length > 0 &&
    !a.types.some((one) => b.types.some((other) => one === other || (isNumber(one) && isNumber(other))));
  if (areTypesDisjoint) return true;
  return a.values !== undefined && b.values !== undefined && !a.values.some((one) => b.values?.some(isSame(one)));
}

function nameOf(schema: unknown, definitions: Definitions): string {
  if (schema === false) return 'nothing';
  const name = isSchema(schema) ? nameAlternatives(schema, definitions) : 'something else';
  return name === 'something else' ? 'anything' : name;
}

function unique(gaps: readonly Gap[]): readonly Gap[] {
  return [...new Map(gaps.map((gap) => [JSON.stringify(gap), gap])).values()];
}

/** A schema without what it says to people. Names of fields are no keywords. */
export function withoutWords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutWords);
  if (!isSchema(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => {
      if (annotations.has(keyword) && keyword !== '$defs') return [];
      if (['const', 'enum', 'required'].includes(keyword)) return [[keyword, value]];
      const isTable = ['properties', 'patternProperties', '$defs'].includes(keyword) && isSchema(value);
      return [[keyword, isTable ? mapValues(value, withoutWords) : withoutWords(value)]];
    }),
  );
}

function mapValues(table: JsonSchema, change: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)]));
}
