/** What an author's code holds ↔ the form in which it crosses to another process. */
import type { KeepOnDisk, OpenFile } from './file-content.ts';
import { isParcel } from './io-type.ts';
import { ioTypeOfCrossing, ioTypeOfParcel, ioTypeToPack } from './io-types.ts';
import { Misfit } from './misfit.ts';
import { rebuildArray, rebuildObject } from './rebuild.ts';
import { isResponse } from './response.ts';

/**
 * Packs what would not survive a structured clone. Answers with a promise only where the bytes of a file, or the items
 * of a sequence, have to be waited for.
 * @param keep writes to disk what is large; without it everything crosses in memory.
 * @throws RangeError for a value that holds itself.
 */
export function pack(value: unknown, keep?: KeepOnDisk): unknown {
  const packing: Packing = { pending: [], keep };
  const packed = packInto(value, 0, packing);
  return packing.pending.length === 0 ? packed : settle(packing.pending).then(() => packed);
}

interface Packing {
  readonly pending: Promise<void>[];
  readonly keep: KeepOnDisk | undefined;
}

/** What is packed may hold what must be waited for, too. */
async function settle(pending: Promise<void>[]): Promise<void> {
  while (pending.length > 0) await Promise.all(pending.splice(0));
}

function packInto(value: unknown, depth: number, packing: Packing): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inner = (item: unknown, level: number) => packInto(item, level, packing);
  if (Array.isArray(value)) return rebuildArray(value, depth, inner);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return rebuildObject(value, depth, inner);
  if (value instanceof Map) return packMap(value, depth, inner);
  if (value instanceof Set) return packSet(value, depth, inner);
  const type = ioTypeToPack(value, packing.keep !== undefined);
  if (!type) return packOther(value, depth, inner);
  const fields: unknown[] = [];
  const parcel: unknown[] = [new RegExp(type.name)];
  const finish = () => void parcel.push(...fields.map((field) => inner(field, depth + 1)));
  const waits = type.parcel.pack(value as never, fields, packing.keep); // `holds` said that it is of this type
  if (waits) {
    const done = waits.then(finish);
    done.catch(() => {}); // where something else cannot be packed nobody waits for it
    packing.pending.push(done);
  } else finish();
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
  if (isResponse(value)) {
    throw new Misfit('response', 'is a Response, which only a method that is declared to give one can answer with');
  }
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? inner(toJSON.call(value), depth + 1) : rebuildObject(value, depth, inner);
}

/**
 * Gets at the files on disk that a value holds, so that it can be unpacked; it is changed.
 * @param leaves kinds of parcels that stay as they are.
 */
export async function openFiles(value: unknown, openFile: OpenFile, leaves: readonly string[] = []): Promise<void> {
  const opening: Promise<void>[] = [];
  const visit: Change = (item, depth) => {
    if (typeof item !== 'object' || item === null || ArrayBuffer.isView(item)) return item;
    if (item instanceof Map || item instanceof Set) rebuildArray([...item], depth, visit);
    if (!Array.isArray(item)) return rebuildObject(item, depth, visit);
    if (isParcel(item) && leaves.includes(item[0].source)) return item;
    const { open } = (isParcel(item) && ioTypeOfParcel(item[0])?.parcel) || {};
    if (open) opening.push(open(item[1], openFile).then((opened) => void item.splice(1, 1, opened)));
    else rebuildArray(item, depth, visit);
    return item;
  };
  visit(value, 0);
  await Promise.all(opening);
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
