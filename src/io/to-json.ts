/** Values that crossed from another process → what JSON can say. */
import { isParcel } from './io-type.ts';
import { ioTypeOfCrossing, ioTypeOfParcel } from './io-types.ts';
import { rebuildArray, rebuildObject } from './rebuild.ts';

/**
 * Writes every value that JSON has no word for as its io type does; what needs no change is not copied.
 * @param keeps kinds of parcels that stay as they are.
 * @throws Misfit, RangeError for a value that holds itself.
 */
export function toJson(value: unknown, keeps: readonly string[] = []): unknown {
  return write(value, 0, keeps);
}

function write(value: unknown, depth: number, keeps: readonly string[]): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  const change = (item: unknown, level: number) => write(item, level, keeps);
  const inner = (item: unknown) => change(item, depth + 1);
  if (Array.isArray(value)) {
    if (!isParcel(value)) return rebuildArray(value, depth, change);
    if (keeps.includes(value[0].source)) return value;
    return ioTypeOfParcel(value[0])?.write(value as never, inner); // the type that packed it
  }
  const type = isPlain(value) ? undefined : ioTypeOfCrossing(value);
  return type ? type.write(value as never, inner) : rebuildObject(value, depth, change); // its own tag found the type
}

/** Whether an object is nothing but its properties. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
