/** The rules of numbers, texts and lengths: whether one alternative keeps to the bounds of a schema. */
import { nameWords } from './alternatives.ts';
import { type Flat, isOfType } from './compare-flat.ts';
import type { Gap } from './compare-gap.ts';
import { inline } from './quote.ts';
import type { JsonSchema } from './service-spec.ts';

/** What an alternative lacks to keep one keyword of a schema. */
export type PlainRule = (narrow: Flat, part: JsonSchema) => readonly Gap[];

/**
 * A bound says nothing about values of other types. Where the values can be counted, each is checked; `holds` gives
 * `undefined` where it does not know.
 */
function forType(
  type: string,
  holds: (value: never, part: JsonSchema) => boolean | undefined,
  rule: PlainRule,
): PlainRule {
  return (narrow, part) => {
    const { types, values } = narrow;
    if (types.length > 0 && !types.some((one) => one === type || (type === 'number' && one === 'integer'))) return [];
    if (!values) return rule(narrow, part);
    return values.flatMap((value): Gap[] => {
      const isKept = !isOfType(value, type) || holds(value as never, part);
      return isKept ? [] : [{ ...gap(nameWords([value]), 'something else', isKept === false), kind: 'value' }];
    });
  };
}

function gap(narrow: string, wide: string, isCertain: boolean): Gap {
  return { path: '', kind: 'rule', narrow, wide, isCertain };
}

interface Limit {
  readonly at: number;
  /** Whether the limit itself is outside. */
  readonly isOpen: boolean;
}

const sides = {
  lower: { closed: 'minimum', open: 'exclusiveMinimum', sign: 1, words: ['at least', 'above'] },
  upper: { closed: 'maximum', open: 'exclusiveMaximum', sign: -1, words: ['at most', 'below'] },
} as const;

/** The tighter of the two limits on one side; of whole numbers the last one inside. */
function limitOf(schema: JsonSchema, side: keyof typeof sides, isWhole: boolean): Limit | undefined {
  const { closed, open, sign } = sides[side];
  const limits: Limit[] = [];
  if (typeof schema[closed] === 'number') limits.push({ at: schema[closed], isOpen: false });
  if (typeof schema[open] === 'number') limits.push({ at: schema[open], isOpen: true });
  const [tightest] = limits.sort((a, b) => (b.at - a.at) * sign || Number(b.isOpen) - Number(a.isOpen));
  if (!tightest || !isWhole) return tightest;
  const inside = sign * Math.ceil(sign * tightest.at);
  return { at: tightest.isOpen && inside === tightest.at ? inside + sign : inside, isOpen: false };
}

function boundRule(side: keyof typeof sides): PlainRule {
  const { sign, words } = sides[side];
  const name = (limit: Limit | undefined) => (limit ? `${words[Number(limit.isOpen)]} ${limit.at}` : 'of any size');
  const isInside = (inner: Limit, outer: Limit) =>
    (inner.at - outer.at) * sign > 0 || (inner.at === outer.at && (inner.isOpen || !outer.isOpen));
  return forType(
    'number',
    (value: number, part) => {
      const limit = limitOf(part, side, false);
      return !limit || isInside({ at: value, isOpen: false }, limit);
    },
    (narrow, part) => {
      const isWhole = narrow.types.includes('integer');
      const wide = limitOf(part, side, isWhole);
      const own = limitOf(narrow.rest, side, isWhole);
      if (!wide || (own && isInside(own, wide))) return [];
      return [gap(name(own), name(limitOf(part, side, false)), true)];
    },
  );
}

const multipleRule = forType(
  'number',
  (value: number, { multipleOf }) => Number.isInteger(value / Number(multipleOf)),
  ({ rest, types }, { multipleOf }) => {
    const wide = Number(multipleOf);
    const own = typeof rest.multipleOf === 'number' ? rest.multipleOf : types.includes('integer') ? 1 : undefined;
    // Of fractions a quotient is rounded: only the same one is known to be a multiple.
    if (own === wide || (Number.isInteger(own) && Number.isInteger(wide) && Number(own) % wide === 0)) return [];
    return [gap(own === undefined ? 'any number' : `a multiple of ${own}`, `a multiple of ${wide}`, own === undefined)];
  },
);

interface Counted {
  readonly type: string;
  /** What is counted. */
  readonly word: string;
  readonly count: (value: never) => number;
}

const characters: Counted = { type: 'string', word: 'character', count: (value: string) => [...value].length };
const items: Counted = { type: 'array', word: 'item', count: (value: readonly unknown[]) => value.length };
const fields: Counted = { type: 'object', word: 'field', count: (value: object) => Object.keys(value).length };

function countRule(keyword: string, isLeast: boolean, { type, word, count }: Counted): PlainRule {
  const name = (limit: number) =>
    Number.isFinite(limit) && limit > 0
      ? `at ${isLeast ? 'least' : 'most'} ${limit} ${word}${limit === 1 ? '' : 's'} long`
      : 'of any length';
  return forType(
    type,
    (value: never, part) => {
      const seen = count(value);
      return isLeast ? seen >= Number(part[keyword]) : seen <= Number(part[keyword]);
    },
    ({ rest, required }, part) => {
      const wide = Number(part[keyword]);
      const own = typeof rest[keyword] === 'number' ? rest[keyword] : isLeast ? 0 : Number.POSITIVE_INFINITY;
      const counted = keyword === 'minProperties' ? Math.max(own, required.size) : own;
      const isKept = isLeast ? counted >= wide : Math.min(counted, longest(rest, type)) <= wide;
      return isKept ? [] : [gap(name(own), isLeast || wide > 0 ? name(wide) : 'empty', true)];
    },
  );
}

/** A tuple that is closed is as long as its places. */
function longest({ items: others, prefixItems }: JsonSchema, type: string): number {
  const isClosed = type === 'array' && others === false;
  return isClosed ? (Array.isArray(prefixItems) ? prefixItems.length : 0) : Number.POSITIVE_INFINITY;
}

function textRule(keyword: 'pattern' | 'format', name: (rule: string) => string): PlainRule {
  return forType(
    'string',
    (value: string, { pattern }) => (keyword === 'pattern' ? fits(value, String(pattern)) : undefined),
    ({ rest }, part) => {
      if (rest[keyword] === part[keyword]) return [];
      const own = typeof rest[keyword] === 'string' ? name(rest[keyword]) : 'text of another form';
      const isFree = rest.pattern === undefined && rest.format === undefined;
      return [gap(isFree ? 'any text' : own, name(String(part[keyword])), isFree)];
    },
  );
}

function fits(text: string, pattern: string): boolean | undefined {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return undefined; // written for another engine
  }
}

const uniqueRule = forType(
  'array',
  () => undefined, // lists that are constants are rare
  ({ rest }, { uniqueItems }) => {
    if (uniqueItems !== true || rest.uniqueItems === true || Number(rest.maxItems) <= 1) return [];
    return [gap('free to have an item twice', 'without an item twice', true)];
  },
);

/** By keyword. */
export const plainRules: ReadonlyMap<string, PlainRule> = new Map([
  ['minimum', boundRule('lower')],
  ['exclusiveMinimum', boundRule('lower')],
  ['maximum', boundRule('upper')],
  ['exclusiveMaximum', boundRule('upper')],
  ['multipleOf', multipleRule],
  ['minLength', countRule('minLength', true, characters)],
  ['maxLength', countRule('maxLength', false, characters)],
  ['minItems', countRule('minItems', true, items)],
  ['maxItems', countRule('maxItems', false, items)],
  ['minProperties', countRule('minProperties', true, fields)],
  ['maxProperties', countRule('maxProperties', false, fields)],
  ['pattern', textRule('pattern', (pattern) => `text that matches ${inline(pattern)}`)],
  ['format', textRule('format', (format) => `text in the format ${inline(format)}`)],
  ['uniqueItems', uniqueRule],
]);
