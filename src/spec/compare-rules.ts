/** Keyword by keyword: whether all values of one alternative keep what a schema demands. */
import { ioKeyword } from '../io/io-type.ts';
import { nameAlternatives, nameWords } from './alternatives.ts';
import { plainRules } from './compare-bounds.ts';
import { annotations, type Flat, isAbsent, isSame, jsonTypes } from './compare-flat.ts';
import type { Gap } from './compare-gap.ts';
import { nameKey } from './quote.ts';
import { isSchema } from './schema-parts.ts';
import type { JsonSchema } from './service-spec.ts';

/** What the rules look at. */
export interface Demand {
  /** What callers send, or what they are answered. */
  readonly side: 'input' | 'output';
  readonly narrow: Flat;
  /** The part of the wide schema whose keywords are asked for. */
  readonly part: JsonSchema;
  /** All parts of it that hold for the same value. */
  readonly parts: readonly JsonSchema[];
  /** Whether a reference means the same on both sides. */
  readonly hasSameDefinitions: boolean;
  /** The gaps between two schemas; without one, anything is allowed. */
  compare(narrow: unknown, wide: unknown): readonly Gap[];
  /** The gaps between an alternative and a schema. */
  compareFlat(narrow: Flat, wide: unknown): readonly Gap[];
  /** Whether it is known that no value of the alternative is one of the schema. */
  isDisjoint(narrow: Flat, wide: unknown): boolean;
  nameWide(schema: unknown): string;
}

type Rule = (demand: Demand, keyword: string) => readonly Gap[];

/** The gaps between an alternative and one part of a schema. */
export function findGapsOfPart(demand: Demand): readonly Gap[] {
  const ofType = typeRule(demand);
  if (ofType.length > 0) return ofType; // where the type differs, its other rules say nothing more
  const keywords = Object.keys(demand.part).filter((keyword) => !annotations.has(keyword));
  const asked = new Map<Rule, string>(); // keywords that say one thing together share a rule, which is asked once
  for (const keyword of keywords) asked.set(ruleOf(keyword), keyword);
  const shared = [...asked].filter(([rule]) => rule !== plainRule && rule !== unknownRule);
  const single = keywords.filter((keyword) => [plainRule, unknownRule].includes(ruleOf(keyword)));
  return [
    ...shared.flatMap(([rule, keyword]) => rule(demand, keyword)),
    ...single.flatMap((keyword) => ruleOf(keyword)(demand, keyword)),
  ];
}

function ruleOf(keyword: string): Rule {
  return plainRules.has(keyword) ? plainRule : (rules.get(keyword) ?? unknownRule);
}

const plainRule: Rule = ({ narrow, part }, keyword) => plainRules.get(keyword)?.(narrow, part) ?? [];

/** The wide side of a gap is in words that say "anything" for what no keyword bounds. */
function valueGap(narrow: Flat, wide: string, isCertain: boolean): Gap {
  return { path: '', kind: 'value', narrow: nameFlat(narrow), wide, isCertain };
}

function ruleGap(path: string, narrow: string, wide: string, isCertain: boolean): Gap {
  return { path, kind: 'rule', narrow, wide, isCertain };
}

/** What an alternative allows, in words. */
export function nameFlat({ types, values, required }: Flat): string {
  if (values) return nameWords(values);
  if (types.length === 0) return 'anything';
  return nameAlternatives({ type: types, ...(required.size > 0 ? { required: [...required] } : {}) }, {});
}

function at(step: string, gaps: readonly Gap[]): Gap[] {
  return gaps.map((gap) => ({ ...gap, path: `${step}${gap.path}` }));
}

const isWhole = ({ values, rest }: Flat) =>
  values ? values.every((value) => Number.isInteger(value)) : Number.isInteger(rest.multipleOf);

function typeRule({ narrow, part, nameWide }: Demand): readonly Gap[] {
  if (part.type === undefined) return [];
  const wide = [part.type].flat();
  const types = narrow.types.length === 0 ? jsonTypes : narrow.types;
  const isIn = (type: string) =>
    wide.includes(type) ||
    (type === 'integer' && wide.includes('number')) ||
    (type === 'number' && wide.includes('integer') && isWhole(narrow));
  return types.every(isIn) ? [] : [valueGap(narrow, nameWide(part), true)];
}

const wordsRule: Rule = ({ narrow, part }) => {
  const words = Array.isArray(part.enum) ? part.enum : [part.const];
  if (part.const !== undefined && Array.isArray(part.enum)) return [valueGap(narrow, nameWords(words), false)]; // odd
  const others = narrow.values?.filter((value) => !words.some(isSame(value)));
  if (others) return others.length === 0 ? [] : [valueGap({ ...narrow, values: others }, nameWords(words), true)];
  return [valueGap(narrow, nameWords(words), Object.keys(narrow.rest).length === 0)];
};

const requiredRule: Rule = ({ narrow, part, side }) => {
  const known = isSchema(part.properties) ? part.properties : {};
  return [part.required].flat().flatMap((name) => {
    const field = String(name);
    if (narrow.required.has(field) || !canBeObject(narrow)) return [];
    if (side === 'output' && !narrow.properties.has(field) && Object.hasOwn(known, field)) return []; // told as gone
    return [ruleGap(`.${nameKey(field)}`, 'optional', 'required', true)];
  });
};

const canBeObject = ({ types }: Flat) => types.length === 0 || types.includes('object');

/** Fields by name, by pattern, and all others. */
const fieldsRule: Rule = (demand) => {
  if (!canBeObject(demand.narrow)) return [];
  return [...namedFields(demand), ...patternFields(demand), ...otherFields(demand)];
};

function namedFields({ side, narrow, part, compare }: Demand): Gap[] {
  const { additionalProperties: others, patternProperties } = narrow.rest;
  return Object.entries(isSchema(part.properties) ? part.properties : {}).flatMap(([name, wide]) => {
    const step = `.${nameKey(name)}`;
    if (narrow.properties.has(name)) return at(step, compare(narrow.properties.get(name), wide));
    if (patternProperties !== undefined) return [ruleGap(step, 'a field of any name', 'a field of its own', false)];
    if (isSchema(others)) return at(step, compare(others, wide));
    if (isAbsent(wide)) return [];
    if (side === 'output') return [ruleGap(step, 'not given', 'given', true)];
    return others !== false && narrow.properties.size === 0 ? at(step, compare(true, wide)) : [];
  });
}

function patternFields({ narrow, part, hasSameDefinitions }: Demand): Gap[] {
  if (part.patternProperties === undefined) return [];
  const own = { patternProperties: narrow.rest.patternProperties, properties: Object.fromEntries(narrow.properties) };
  const wide = { patternProperties: part.patternProperties, properties: part.properties ?? {} };
  const isKept = isSame(own)(wide) && (hasSameDefinitions || !refers(wide));
  return isKept ? [] : [ruleGap('', 'with other rules for fields', 'with these rules for fields', false)];
}

function otherFields({ side, narrow, part, parts, compare }: Demand): Gap[] {
  const known = isSchema(part.properties) ? part.properties : {};
  const unnamed = [...narrow.properties].filter(([name, schema]) => !Object.hasOwn(known, name) && !isAbsent(schema));
  const { additionalProperties: wide } = part;
  if (wide === undefined || wide === true) {
    const isFirst = parts.find(({ properties }) => properties !== undefined) === part;
    return side === 'input' && isFirst
      ? ignoredFields(
          unnamed.map(([name]) => name),
          parts,
        )
      : [];
  }
  if (part.patternProperties !== undefined) return []; // told above
  const { additionalProperties: own, patternProperties } = narrow.rest;
  const named = unnamed.flatMap(([name, schema]) =>
    wide === false
      ? [ruleGap(`.${nameKey(name)}`, 'a field', 'refused', true)]
      : at(`.${nameKey(name)}`, compare(schema, wide)),
  );
  if (patternProperties !== undefined) return [...named, ruleGap('', 'open to other fields', 'closed to them', false)];
  if (own !== undefined && own !== true) return [...named, ...at('[key]', compare(own, wide))];
  // Fields that nobody declared: of an object without any, everything; else there may be some.
  if (narrow.properties.size === 0 && isSchema(wide)) return [...named, ...at('[key]', compare(true, wide))];
  return [...named, ruleGap('', 'open to other fields', wide === false ? 'closed to them' : 'open to some', false)];
}

/** Fields that callers send and that nobody reads any more. */
function ignoredFields(names: readonly string[], parts: readonly JsonSchema[]): Gap[] {
  const isOther = parts.some(
    ({ additionalProperties, patternProperties }) =>
      additionalProperties !== undefined || patternProperties !== undefined,
  );
  const read = parts.flatMap(({ properties }) => (isSchema(properties) ? Object.keys(properties) : []));
  if (isOther) return [];
  return names
    .filter((name) => !read.includes(name))
    .map((name) => ruleGap(`.${nameKey(name)}`, 'read', 'ignored', true));
}

const keysRule: Rule = ({ narrow, part, compare, compareFlat }) => {
  if (!canBeObject(narrow)) return [];
  const { propertyNames: own, additionalProperties } = narrow.rest;
  if (own !== undefined) return at('[key]', compare(own, part.propertyNames));
  if (additionalProperties !== false) return [ruleGap('', 'free in its keys', 'bound in its keys', false)];
  const names: Flat = { ...narrow, types: ['string'], values: [...narrow.properties.keys()], rest: {} };
  return compareFlat({ ...names, properties: new Map(), required: new Set() }, part.propertyNames);
};

/** Items by place, and all others. */
const itemsRule: Rule = ({ narrow, part, compare }) => {
  if (narrow.types.length > 0 && !narrow.types.includes('array')) return [];
  const own = Array.isArray(narrow.rest.prefixItems) ? narrow.rest.prefixItems : [];
  const wide = Array.isArray(part.prefixItems) ? part.prefixItems : [];
  const { items: others, maxItems } = narrow.rest;
  const longest = Math.min(
    typeof maxItems === 'number' ? maxItems : Number.POSITIVE_INFINITY,
    others === false ? own.length : Number.POSITIVE_INFINITY,
  );
  const places = Array.from({ length: Math.max(own.length, wide.length) }, (_, place) => place);
  const gaps = places
    .filter((place) => place < longest)
    .flatMap((place) =>
      at(
        `[${place}]`,
        compare(place < own.length ? own[place] : (others ?? true), place < wide.length ? wide[place] : part.items),
      ),
    );
  if (longest <= places.length) return gaps;
  return [...gaps, ...at('[]', compare(others ?? true, part.items))];
};

const choiceRule: Rule = ({ narrow, part, compareFlat, isDisjoint, nameWide }, keyword) => {
  const members = part[keyword] as readonly unknown[];
  const values = narrow.values ?? [];
  if (values.length > 1) {
    return values.flatMap((value) => compareFlat({ ...narrow, values: [value] }, { [keyword]: members }));
  }
  const fitting = members.find((member) => compareFlat(narrow, member).length === 0);
  if (fitting !== undefined) {
    const isOnlyOne =
      keyword === 'anyOf' || members.every((member) => member === fitting || isDisjoint(narrow, member));
    return isOnlyOne ? [] : [valueGap(narrow, 'one member of a union only', false)];
  }
  const meant = members.filter((member) => !isDisjoint(narrow, member));
  const [only] = meant;
  if (meant.length === 1) return compareFlat(narrow, only);
  return [valueGap(narrow, nameWide(part), meant.length === 0)];
};

const notRule: Rule = ({ narrow, part, hasSameDefinitions, isDisjoint }) => {
  if (isSame(narrow.rest.not)(part.not) && (hasSameDefinitions || !refers(part.not))) return [];
  if (isAbsent(part) || part.not === true) return [valueGap(narrow, 'nothing', true)];
  return isDisjoint(narrow, part.not) ? [] : [valueGap(narrow, 'not everything', false)];
};

/** How a value that JSON has no word for is written. */
const formRule: Rule = ({ narrow, part }, keyword) => {
  if (keyword !== ioKeyword && part[ioKeyword] !== undefined) return []; // says it all
  const own = narrow.rest[keyword];
  if (own === part[keyword]) return [];
  return [ruleGap('', own === undefined ? 'plain JSON' : `of the kind ${own}`, `of the kind ${part[keyword]}`, true)];
};

/** Keywords whose meaning depends on others beside them. */
const groups: readonly (readonly string[])[] = [
  ['if', 'then', 'else'],
  ['contains', 'minContains', 'maxContains'],
];

/** Of a keyword without a rule only the same is known to be kept, and of some not even that. */
const unknownRule: Rule = ({ narrow, part, hasSameDefinitions }, keyword) => {
  const group = groups.find((one) => one.includes(keyword)) ?? [keyword];
  const isKept = group.every(
    (one) => isSame(narrow.rest[one])(part[one]) && (hasSameDefinitions || !refers(part[one])),
  );
  if (isKept && !keyword.startsWith('unevaluated')) return [];
  const own = narrow.rest[keyword] === undefined ? `without "${keyword}"` : `under another "${keyword}"`;
  return [ruleGap('', own, `under this "${keyword}"`, false)];
};

function refers(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes('"$ref"');
}

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['type', () => []], // asked first
  ['$ref', () => []], // what it leads to is a part of its own
  ['allOf', () => []], // likewise
  ['const', wordsRule],
  ['enum', wordsRule],
  ['required', requiredRule],
  ['properties', fieldsRule],
  ['patternProperties', fieldsRule],
  ['additionalProperties', fieldsRule],
  ['propertyNames', keysRule],
  ['items', itemsRule],
  ['prefixItems', itemsRule],
  ['anyOf', choiceRule],
  ['oneOf', choiceRule],
  ['not', notRule],
  [ioKeyword, formRule],
  ['contentEncoding', formRule],
]);
