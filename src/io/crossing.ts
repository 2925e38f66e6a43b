/** What an author's code holds ↔ the form in which it crosses to another process. */
import { isParcel } from './io-type.ts';
import { ioTypeOfCrossing, ioTypeOfParcel, ioTypeToPack } from './io-types.ts';
import { rebuildArray, rebuildObject } from './rebuild.ts';

/**
 * Packs what would not survive a structured clone. Answers with a promise only where the bytes of a file, or the items
 * of a sequence, have to be waited for.
 * @throws RangeError for a value that holds itself.
 */
export function pack(value: unknown): unknown {
  const pending: Promise<void>[] = [];
  const packed = packInto(value, 0, pending);
  return pending.length === 0 ? packed : settle(pending).then(() => packed);
}

/** What is packed may hold what must be waited for, too. */
async function settle(pending: Promise<void>[]): Promise<void> {
  while (pending.length > 0) await Promise.all(pending.splice(0));
}

function packInto(value: unknown, depth: number, pending: Promise<void>[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inner = (item: unknown, level: number) => packInto(item, level, pending);
  if (Array.isArray(value)) return rebuildArray(value, depth, inner);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return rebuildObject(value, depth, inner);
  if (value instanceof Map) return packMap(value, depth, inner);
  if (value instanceof Set) return packSet(value, depth, inner);
  const type = ioTypeToPack(value);
  if (!type) return packOther(value, depth, inner);
  const fields: unknown[] = [];
  const parcel: unknown[] = [new RegExp(type.name)];
  const finish = () => void parcel.push(...fields.map((field) => inner(field, depth + 1)));
  const waits = type.parcel.pack(value as never, fields); // `holds` said that it is of this type
  if (waits) pending.push(waits.then(finish));
  else finish();
  return parcel;
}

type Change = (item: unknown, depth: number) => unknown;

function packMap(value: ReadonlyMap<unknown, unknown>, depth: number, inner: Change): unknown {
  const entries = [...value];
  const packed = rebuildArray(entries, depth, inner);
  return packed === entries ? value : new Map(packed as [unknown, unknown][]); // pairs stay pairs
}

function packSet(value: ReadonlySet<unknown>, depth: number, inner: Change): unknown {
  const items = [...value];
  const packed = rebuildArray(items, depth, inner);
  return packed === items ? value : new Set(packed);
}

/** A class that says what it is in JSON is taken at its word; of any other, the fields are what crosses. */
function packOther(value: object, depth: number, inner: Change): unknown {
  if (ioTypeOfCrossing(value) || ArrayBuffer.isView(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? inner(toJSON.call(value), depth + 1) : rebuildObject(value, depth, inner);
}

/** Makes the values again that were packed. */
export function unpack(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = rebuildArray(value, depth, unpack);
    return isParcel(items) ? ioTypeOfParcel(items[0])?.parcel?.unpack(items.slice(1)) : items;
  }
  if (value instanceof Map) return packMap(value, depth, unpack);
  if (value instanceof Set) return packSet(value, depth, unpack);
  return ioTypeOfCrossing(value) || ArrayBuffer.isView(value) ? value : rebuildObject(value, depth, unpack);
}
