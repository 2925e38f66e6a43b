/** Where bentots and TypeScript differ on purpose: each with an example, and the reason. */

/** A type and a value that only one of the two accepts. */
export interface Difference {
  readonly why: string;
  readonly type: string;
  /** Declares the names in the type. */
  readonly declarations?: string;
  /** What a caller sends for a parameter of the type. */
  readonly body: string;
  /** The exact type of that value. */
  readonly exact: string;
  readonly accepts: 'TypeScript' | 'bentots';
}

const color = "enum Color { Red = 'red', Blue = 'blue' }";
const closed = '/** @additionalProperties false */ interface Closed { a: string }';

/**
 * The generated questions are put so that none of these comes up by chance: where the author's text and the question
 * differ (`Source.pick`), where a mark is asked for (`Marked`, `Numbered`), and where a row leaves a value out.
 */
export const differences: readonly Difference[] = [
  {
    why: 'an object from JSON may have any keys beside the known ones, also if it has none of them',
    type: '{ a?: string }', body: '{"b":1}', exact: '{ b: 1 }', accepts: 'bentots',
  },
  {
    why: 'JSON has no undefined: a caller says it by leaving the property out',
    type: '{ a: string | undefined }', body: '{}', exact: '{}', accepts: 'bentots',
  },
  {
    why: 'an object from JSON inherits nothing',
    type: '{ toString?: string }', body: '{}', exact: '{}', accepts: 'bentots',
  },
  {
    why: 'a caller knows the value of an enum and not its name',
    type: 'Color', declarations: color, body: '"red"', exact: '"red"', accepts: 'bentots',
  },
  {
    why: 'a property goes before an index signature that its type does not fit; for TypeScript no such object can be written',
    type: '{ a: string } & Record<string, number>', body: '{"a":"x","b":1}', exact: '{ a: "x"; b: 1 }', accepts: 'bentots',
  },
  {
    why: 'TypeScript gives a hole of a template one character if a hole follows, a pattern looks for what fits',
    type: `\`\${number}\${string}\``, body: '"-1a"', exact: '"-1a"', accepts: 'bentots',
  },
  {
    why: 'JSON has no word for a moment: a caller sends its text',
    type: 'Date', body: '"2020-02-29T12:00:00Z"', exact: '"2020-02-29T12:00:00Z"', accepts: 'bentots',
  },
  {
    why: 'a whole number that JavaScript holds exactly stands for a bigint, too',
    type: 'bigint', body: '5', exact: '5', accepts: 'bentots',
  },
  {
    why: 'a text has properties in JavaScript, not in JSON',
    type: '{ length: number }', body: '"abc"', exact: '"abc"', accepts: 'TypeScript',
  },
  {
    why: 'an object type is a JSON object',
    type: '{}', body: '1', exact: '1', accepts: 'TypeScript',
  },
  {
    why: 'an object type is a JSON object',
    type: 'object', body: '[]', exact: '[]', accepts: 'TypeScript',
  },
  {
    why: 'an object type is a JSON object',
    type: '{ [key: number]: string }', body: '["a"]', exact: '["a"]', accepts: 'TypeScript',
  },
  {
    why: 'where all keys are numbers, a word is a slip',
    type: 'Record<number, string>', body: '{"a":"x"}', exact: '{ a: "x" }', accepts: 'TypeScript',
  },
  {
    why: 'a key that can be read as a number is one, also if JavaScript would write it in another way',
    type: '{ a: 1; [key: number]: string }', body: '{"a":1,"01":2}', exact: '{ a: 1; "01": 2 }', accepts: 'TypeScript',
  },
  {
    why: 'a number in a template is written as JavaScript writes numbers',
    type: `\`\${number}\``, body: '"0x10"', exact: '"0x10"', accepts: 'TypeScript',
  },
  {
    why: 'a number in a template is written as JavaScript writes numbers',
    type: `\`\${number}\``, body: '" 1"', exact: '" 1"', accepts: 'TypeScript',
  },
  {
    why: 'a number is finite: JSON has no word for infinity',
    type: 'number', body: '1e400', exact: 'number', accepts: 'TypeScript',
  },
  {
    why: 'half of a surrogate pair is no character',
    type: 'string', body: String.raw`"\ud800"`, exact: String.raw`"\ud800"`, accepts: 'TypeScript',
  },
  {
    why: 'the key would set a prototype where somebody copies the object carelessly',
    type: 'Record<string, number>', body: '{"__proto__":1}', exact: '{ "__proto__": 1 }', accepts: 'TypeScript',
  },
  {
    why: 'the author closed the type',
    type: 'Closed', declarations: closed, body: '{"a":"x","b":1}', exact: '{ a: "x"; b: 1 }', accepts: 'TypeScript',
  },
]; // biome-ignore format: one example a line
