/** Writes the JSON Schema of a template literal type, such as `user_${number}`. */

import { whyUnsafe } from '../spec/pattern.ts';
import type { TypeHandle } from './compiler.ts';
import type { Draft } from './definitions.ts';
import type { Place, TypeWriter, WrittenType } from './place.ts';
import type { Refusal } from './refused.ts';

/** A number as JavaScript writes it. */
export const numberSource = '-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?';

const holes: Readonly<Record<string, string>> = {
  number: numberSource,
  bigint: '-?[0-9]+',
};

/** A string with a pattern; free text at an end needs none. */
export function writeTemplate(
  writer: TypeWriter,
  parts: readonly (string | TypeHandle)[],
  written: WrittenType,
  place: Place,
): Draft {
  const pattern = templatePattern(writer, parts);
  return pattern === undefined ? writer.refuse(written, place, refusal) : { type: 'string', pattern };
}

/** The pattern of a template; `undefined` where there is none that is checked in linear time. */
export function templatePattern(writer: TypeWriter, parts: readonly (string | TypeHandle)[]): string | undefined {
  const sources = parts.map((part) => {
    if (typeof part === 'string') return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const { kind } = writer.describe(part).shape;
    return kind === 'string' ? anything : holes[kind];
  });
  if (sources.some((source) => source === undefined)) return undefined;
  const from = sources[0] === anything ? 1 : 0;
  const to = sources.at(-1) === anything ? -1 : undefined;
  const pattern = `${from === 0 ? '^' : ''}${sources.slice(from, to).join('')}${to === undefined ? '$' : ''}`;
  return whyUnsafe(pattern) === undefined ? pattern : undefined;
}

const anything = '[\\s\\S]*';

const refusal: Refusal = {
  why: 'a template that cannot be checked in linear time',
  remedy: (say) => `use ${say('string')} and say what it looks like with @pattern`,
};
