/** Finds values that would be dropped or changed without a word on their way. */
import { ioTypeOfCrossing, ioTypeToPack } from '../io/io-types.ts';

/**
 * Checks one argument.
 *
 * @param path how the caller would write where the value is, for example `texts[3]`.
 * @throws TypeError that names the path and the remedy.
 */
export function assertJson(value: unknown, path: string): void {
  check(value, path, []);
}

function check(value: unknown, path: string, parents: readonly object[]): void {
  const problem = problemOf(value);
  if (problem) throw new TypeError(`${path} is ${problem}`);
  if (typeof value !== 'object' || value === null) return;
  if (parents.includes(value)) throw new TypeError(`${path} contains itself, which JSON cannot express`);
  const inside = [...parents, value];
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === 'number' && Number.isFinite(item)) continue; // vectors are long, and this is most of them
      if (item === undefined) throw new TypeError(`${path}[${index}] is undefined, which JSON has not; use null`);
      check(item, `${path}[${index}]`, inside);
    }
    return;
  }
  if (value instanceof Map || value instanceof Set) check([...value], path, inside);
  if (ioTypeOfCrossing(value) || ioTypeToPack(value, false)) return;
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    check(value.toJSON(''), path, inside);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    check(item, /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}["${key}"]`, inside);
  }
}

function problemOf(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value))
    return `${value}, which JSON has not; use null or leave it out`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}, which cannot be sent`;
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'an invalid Date';
  if (value instanceof Promise) return 'a promise; await it first';
  return undefined;
}
