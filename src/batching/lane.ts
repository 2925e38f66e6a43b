/** Those of one kind and priority who wait for a batch, the most urgent first. */
import type { Returns } from './returns.ts';
import { createSortedLine } from './sorted-line.ts';

/** One request that waits, or what is left of it. */
export interface Entry<T> {
  readonly value: T;
  readonly group: Group<T>;
  /** Higher goes first. */
  readonly priority: number;
  readonly items: number;
  /** Items that no batch has taken yet. */
  left: number;
  readonly cameAtMs: number;
  /** When its caller's time is up. */
  readonly expiresAtMs: number;
  /** By when it wants its turn; later than {@link expiresAtMs} for the rest of a request that has had turns. */
  dueMs: number;
  /** In the order of coming. */
  readonly sequence: number;
  /** Where it waits; undefined once it does not. */
  lane: Lane<T> | undefined;
}

/** Those who may go together. */
export interface Group<T> {
  readonly kind: string;
  readonly bucket: number;
  /** Whether those who were answered come back. */
  readonly returns: Returns;
  /** Higher priorities first; some may be empty. */
  readonly lanes: Lane<T>[];
  /** Items that wait. */
  items: number;
  /** Whether a free worker has waited for more of them. */
  hasWaited: boolean;
}

/** A sorted line that anyone can leave. */
export interface Lane<T> {
  readonly group: Group<T>;
  readonly priority: number;
  /** Items that wait. */
  readonly items: number;
  readonly head: Entry<T> | undefined;
  add(entry: Entry<T>): void;
  leave(entry: Entry<T>): void;
  /** Those at the head who have that many items together, or all. */
  peek(items: number): readonly Entry<T>[];
  /** Items of those who go before one that wants its turn by then. */
  itemsBefore(dueMs: number): number;
}

/** Creates an empty lane. */
export function createLane<T>(group: Group<T>, priority: number): Lane<T> {
  const line = createSortedLine<Entry<T>>(isSooner, ({ left }) => left);
  let items = 0;
  const lane: Lane<T> = {
    group,
    priority,
    get items() {
      return items;
    },
    get head() {
      return line.first;
    },
    add(entry) {
      line.add(entry);
      entry.lane = lane;
      items += entry.left;
      group.items += entry.left;
    },
    leave(entry) {
      if (!line.remove(entry)) return;
      entry.lane = undefined;
      items -= entry.left;
      group.items -= entry.left;
    },
    peek(most) {
      const seen: Entry<T>[] = [];
      let seenItems = 0;
      line.visit((entry) => {
        if (seenItems >= most) return false;
        seen.push(entry);
        seenItems += entry.left;
        return true;
      });
      return seen;
    },
    itemsBefore: (dueMs) => line.weightBefore({ dueMs, sequence: Number.POSITIVE_INFINITY } as Entry<T>), // all that the order reads
  };
  return lane;
}

/** Whether one wants its turn before the other; those who want it by the same time in the order of coming. */
export function isSooner<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.dueMs === other.dueMs ? one.sequence < other.sequence : one.dueMs < other.dueMs;
}
