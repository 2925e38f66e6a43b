/** The kinds of option that a row of the options table can have. */

/** One row: what it means, what it may be, what it is when nobody says anything. */
export interface Option<Value> {
  readonly kind: 'option';
  readonly default: Value;
  /** One line for `--help` and the reference page. */
  readonly doc: string;
  /** What a right value is, as it reads after "must be". */
  readonly wanted: string;
  /** Environment variable that sets it. */
  readonly env?: string;
  /** Other variables, in this order after `env`, with what their texts mean; undefined is as if they were not set. */
  readonly envBeside?: { readonly [name: string]: (text: string) => unknown };
  /** Command-line flag that sets it, with its placeholder. */
  readonly flag?: string;
  accepts(value: unknown): value is Value;
  /** Reads the text of a flag or an environment variable; the result still has to be accepted. */
  fromText(text: string): unknown;
}

interface Common<Value> {
  readonly default: Value;
  readonly doc: string;
  readonly env?: string;
  readonly envBeside?: { readonly [name: string]: (text: string) => unknown };
  readonly flag?: string;
}

interface Range {
  readonly min: number;
  readonly max?: number;
}

const numberFromText = (text: string): unknown => (text.trim() === '' ? text : Number(text));

function integer(row: Common<number> & Range, unit: string): Option<number> {
  const max = row.max ?? Number.MAX_SAFE_INTEGER;
  const range = row.max === undefined ? `${row.min} or more` : `from ${row.min} to ${row.max}`;
  return {
    ...row,
    kind: 'option',
    wanted: `a whole number${unit}, ${range}`,
    accepts: (value): value is number => Number.isInteger(value) && Number(value) >= row.min && Number(value) <= max,
    fromText: numberFromText,
  };
}

// setTimeout turns anything above 2^31 - 1 into 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const maxTimerMs = 2 ** 31 - 1;

const deepestJson = 100;

function isJson(value: unknown, levels: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return value.every((inner) => isJson(inner, levels - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false; // a date, bytes, a class of the author's
  return Object.values(value).every((inner) => isJson(inner, levels - 1));
}

type Unset = Omit<Common<undefined>, 'default'>;

/** As Hugging Face's programs read `HF_HUB_OFFLINE` and its like. */
export function isSwitchedOn(text: string): boolean {
  return ['1', 'on', 'yes', 'true'].includes(text.toLowerCase());
}

function oneOf<Value>(row: Common<Value> & { readonly of: readonly Value[] }): Option<Value> {
  return {
    ...row,
    kind: 'option',
    wanted: `one of ${row.of.join(', ')}`,
    accepts: (value): value is Value => row.of.some((one) => one === value),
    fromText: (text) => text,
  };
}

function unset(row: Option<number>): Option<number | undefined> {
  return { ...row, default: undefined };
}

/** Makers of rows, one for each kind of value. */
export const option = {
  /** A count. */
  count: (row: Common<number> & Range) => integer(row, ''),
  /** A duration in milliseconds. */
  ms: (row: Common<number> & Range) => integer({ max: maxTimerMs, ...row }, ' of milliseconds'),
  /** A size in bytes. */
  bytes: (row: Common<number> & Range) => integer(row, ' of bytes'),
  /** A fraction. */
  ratio: (row: Common<number>): Option<number> => ({
    ...row,
    kind: 'option',
    wanted: 'a number above 0, at most 1',
    accepts: (value): value is number => typeof value === 'number' && value > 0 && value <= 1,
    fromText: numberFromText,
  }),
  /** Something that is done or not. */
  toggle: (row: Common<boolean>): Option<boolean> => ({
    ...row,
    kind: 'option',
    wanted: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
    fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  }),
  /** A text that matches a pattern. */
  text: <Value extends string | undefined>(
    row: Common<Value> & { readonly pattern: RegExp; readonly wanted: string },
  ): Option<Value | string> => ({
    ...row,
    kind: 'option',
    accepts: (value): value is string => typeof value === 'string' && row.pattern.test(value),
    fromText: (text) => text,
  }),
  /** Texts of one kind; on a command line with commas between them. */
  list: (
    row: Common<readonly string[]> & { readonly wanted: string; fits(text: string): boolean },
  ): Option<readonly string[]> => ({
    ...row,
    kind: 'option',
    accepts: (value): value is readonly string[] =>
      Array.isArray(value) && value.every((one) => typeof one === 'string' && row.fits(one)),
    fromText: (text) => text.split(',').map((one) => one.trim()),
  }),
  /** Numbers above 0 from the smallest to the largest; on a command line with commas between them. */
  ascending: (row: Common<readonly number[]> & { readonly atMost: number }): Option<readonly number[]> => ({
    ...row,
    kind: 'option',
    wanted: `a list of 1 to ${row.atMost} numbers above 0, each larger than the one before it`,
    accepts: (value): value is readonly number[] =>
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= row.atMost &&
      value.every((one, at) => Number.isFinite(one) && one > (at === 0 ? 0 : value[at - 1])),
    fromText: (text) => text.split(',').map((one) => numberFromText(one)),
  }),
  /** A dimension counted from 0, or one for what comes in and one for what goes out. */
  dimensions: (row: Common<number | readonly number[]>): Option<number | readonly number[]> => ({
    ...row,
    kind: 'option',
    wanted: 'a whole number, 0 or more, or two of them: [of the input, of the output]',
    accepts: (value): value is number | readonly number[] => {
      const all = Array.isArray(value) ? value : [value, value];
      return all.length === 2 && all.every((one) => Number.isInteger(one) && one >= 0);
    },
    fromText: (text) => (text.includes(',') ? text.split(',').map(numberFromText) : numberFromText(text)),
  }),
  /** The same where there need not be any. */
  optionalAscending: (row: Unset & { readonly atMost: number }): Option<readonly number[] | undefined> => ({
    ...option.ascending({ ...row, default: [] }),
    default: undefined,
  }),
  /** One word of several. */
  choice: <Value extends string>(row: Common<Value> & { readonly of: readonly Value[] }): Option<Value> => oneOf(row),
  /** One word of several; without it there is none. */
  optionalChoice: <const Value extends string>(
    row: Unset & { readonly of: readonly Value[] },
  ): Option<Value | undefined> => oneOf({ ...row, default: undefined }),
  /** One number of several; without it there is none. */
  optionalNumberChoice: <const Value extends number>(
    row: Unset & { readonly of: readonly Value[] },
  ): Option<Value | undefined> => ({
    ...oneOf<Value | undefined>({ ...row, default: undefined }),
    fromText: numberFromText,
  }),
  /** Something that is so or not. */
  boolean: (row: Common<boolean>): Option<boolean> => ({
    ...row,
    kind: 'option',
    wanted: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
    fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  }),
  /** Something that is so or not, by a variable of another program: any text that does not say yes says no. */
  switch: (row: Common<boolean>): Option<boolean> => ({ ...option.boolean(row), fromText: isSwitchedOn }),
  /** A text that no message may have, so that any is accepted; there is none by default. */
  secret: (row: Unset): Option<string | undefined> => ({
    ...row,
    kind: 'option',
    default: undefined,
    wanted: 'a text',
    accepts: (value): value is string => typeof value === 'string',
    fromText: (text) => text.trim() || undefined,
  }),
  /** An object of the author's that stays in the process that made it: no data, so that it has no default. */
  value: (row: { readonly doc: string; readonly wanted: string }): Option<unknown> => ({
    ...row,
    kind: 'option',
    default: undefined,
    accepts: (value): value is unknown => (typeof value === 'object' && value !== null) || typeof value === 'function',
    fromText: (text) => text,
  }),
  /** Any data, as long as JSON can say it. */
  jsonList: (row: { readonly doc: string; readonly wanted: string }): Option<readonly unknown[]> => ({
    ...row,
    kind: 'option',
    default: [],
    accepts: (value): value is readonly unknown[] => Array.isArray(value) && isJson(value, deepestJson),
    fromText: (text) => text,
  }),
  /** Named values, as long as JSON can say them. */
  jsonObject: (row: { readonly doc: string; readonly wanted: string }): Option<Readonly<Record<string, unknown>>> => ({
    ...row,
    kind: 'option',
    default: {},
    accepts: (value): value is Readonly<Record<string, unknown>> =>
      typeof value === 'object' && !Array.isArray(value) && value !== null && isJson(value, deepestJson),
    fromText: (text) => text,
  }),
  /** A text, a number, true or false; without it there is none. */
  optionalScalar: (row: Unset): Option<string | number | boolean | undefined> => ({
    ...row,
    kind: 'option',
    default: undefined,
    wanted: 'a text, a number, true or false',
    accepts: (value): value is string | number | boolean =>
      ['string', 'boolean'].includes(typeof value) || Number.isFinite(value),
    fromText: (text) => text,
  }),
  /** A count, or a word that stands for one. */
  countOrWord: <const Word extends string, Default extends number | undefined>(
    row: Omit<Common<number>, 'default'> & Range & { readonly default: Default; readonly word: Word },
  ): Option<number | Word | Default> => {
    const base = integer({ ...row, default: row.min }, '');
    return {
      ...base,
      default: row.default,
      wanted: `${base.wanted}, or ${row.word}`,
      accepts: (value): value is number | Word => value === row.word || base.accepts(value),
      fromText: (text) => (text === row.word ? text : base.fromText(text)),
    };
  },
  /** A number that is only sometimes given: without it there is none of what it measures. */
  optionalNumber: (
    row: Omit<Common<undefined>, 'default'> & { readonly above?: number; readonly max?: number },
  ): Option<number | undefined> => {
    const { above = 0, max = Number.MAX_VALUE } = row;
    const lowest = above === Number.NEGATIVE_INFINITY ? '' : ` above ${above}`;
    return {
      ...row,
      kind: 'option',
      default: undefined,
      wanted: `a number${lowest}${row.max === undefined ? '' : `, at most ${max}`}`,
      accepts: (value): value is number => typeof value === 'number' && value > above && value <= max,
      fromText: numberFromText,
    };
  },
  /** A count that is only sometimes given: without it something else decides. */
  optionalCount: (row: Unset & Range) => unset(integer({ ...row, default: row.min }, '')),
  /** A duration that is only sometimes given. */
  optionalMs: (row: Unset & Range) => unset(integer({ max: maxTimerMs, ...row, default: row.min }, ' of milliseconds')),
  /** A size that is only sometimes given. */
  optionalBytes: (row: Unset & Range) => unset(integer({ ...row, default: row.min }, ' of bytes')),
};
