/** Who waits for the batches of one method, in lanes by kind, bucket and priority; says which lane is next. */
import { createLane, type Entry, type Group, isSooner, type Lane } from './lane.ts';
import { createReturns } from './returns.ts';
import { createSortedLine, type SortedLine } from './sorted-line.ts';

/** All who wait for one method. */
export interface Queues<T> {
  /** Items that wait. */
  readonly items: number;
  /** Whether anyone waits behind others whose time is up later. */
  readonly isUnsorted: boolean;
  /** The group that has this name, if anyone of it waits or did so of late. */
  find(kind: string, bucket: number): Group<T> | undefined;
  /** The group of this name, for a request that is to be added. */
  groupOf(kind: string, bucket: number): Group<T>;
  /** Puts a request, or what is left of one, where it belongs. */
  add(entry: Entry<T>): void;
  /** Takes one out, wherever it stands; false if it does not wait. */
  leave(entry: Entry<T>): boolean;
  /** So many lanes in which someone waits, the one that is to be served next first. */
  inTurn(most: number): readonly Lane<T>[];
  /** A batch is taken from there: counts the turns that the others did not get. */
  took(from: Lane<T>): void;
}

const turnsPassedOver = 8; // of those of lower priority, before they get one: they wait long, but not for ever
const mostIdleGroups = 256; // in which nobody waits, but whose callers are remembered
const mostRanks = 16; // of priority, before those are looked for that nobody has any more

/** The lanes of one priority in which someone waits. */
interface Rank<T> {
  readonly priority: number;
  readonly lanes: SortedLine<Lane<T>>;
  /** Turns that higher ones got while it waited. */
  passedOver: number;
}

/** Creates queues in which nobody waits. */
export function createQueues<T>(): Queues<T> {
  const groups = new Map<string, Group<T>>();
  const idle = new Set<string>(); // names of groups in which nobody waits, the one that is so for longest first
  const ranks: Rank<T>[] = []; // higher ones first
  let items = 0;
  let givingWay = 0; // requests that do

  const rankOf = (priority: number): Rank<T> => {
    const known = ranks.find((one) => one.priority === priority);
    if (known) return known;
    const lanes = createSortedLine<Lane<T>>(isHeadSooner, () => 0);
    return insertRanked(ranks, { priority, lanes, passedOver: 0 }, (one) => one.lanes.count === 0);
  };
  const laneOf = (group: Group<T>, priority: number): Lane<T> => {
    const known = group.lanes.find((one) => one.priority === priority);
    return known ?? insertRanked(group.lanes, createLane(group, priority), (one) => one.items === 0);
  };

  /** Changes who is the head of a lane, which then stands elsewhere among the others. */
  const changeHead = (lane: Lane<T>, act: () => void) => {
    const { lanes } = rankOf(lane.priority);
    if (lane.head) lanes.remove(lane);
    act();
    if (lane.head) lanes.add(lane);
  };
  const rest = (name: string) => {
    idle.add(name);
    if (idle.size <= mostIdleGroups) return;
    const [oldest = name] = idle;
    idle.delete(oldest);
    groups.delete(oldest);
  };

  return {
    get items() {
      return items;
    },
    get isUnsorted() {
      return givingWay > 0;
    },
    find: (kind, bucket) => groups.get(toName(kind, bucket)),
    groupOf(kind, bucket) {
      const name = toName(kind, bucket);
      const known = groups.get(name);
      if (known) return known;
      const group: Group<T> = { kind, bucket, returns: createReturns(), lanes: [], items: 0, hasWaited: false };
      groups.set(name, group);
      return group;
    },
    add(entry) {
      const { group, priority } = entry;
      if (group.items === 0) idle.delete(toName(group.kind, group.bucket));
      const lane = laneOf(group, priority);
      if (lane.head && isSooner(lane.head, entry)) lane.add(entry);
      else changeHead(lane, () => lane.add(entry));
      items += entry.left;
      givingWay += Number(entry.dueMs > entry.expiresAtMs);
    },
    leave(entry) {
      const { lane } = entry;
      if (!lane) return false;
      if (lane.head !== entry) lane.leave(entry);
      else changeHead(lane, () => lane.leave(entry));
      items -= entry.left;
      givingWay -= Number(entry.dueMs > entry.expiresAtMs);
      const { group } = lane;
      if (group.items === 0) rest(toName(group.kind, group.bucket));
      return true;
    },
    inTurn(most) {
      const found: Lane<T>[] = [];
      const look = ({ lanes }: Rank<T>) => lanes.visit((lane) => found.length < most && found.push(lane) > 0);
      for (const rank of ranks) if (rank.passedOver >= turnsPassedOver) look(rank);
      for (const rank of ranks) if (rank.passedOver < turnsPassedOver) look(rank);
      return found;
    },
    took({ priority }) {
      for (const rank of ranks) {
        if (rank.priority === priority || rank.lanes.count === 0) rank.passedOver = 0;
        else if (rank.priority < priority) rank.passedOver++;
      }
    },
  };
}

function toName(kind: string, bucket: number): string {
  return `${bucket} ${kind}`;
}

function isHeadSooner<T>({ head: one }: Lane<T>, { head: other }: Lane<T>): boolean {
  return isSooner(one as Entry<T>, other as Entry<T>); // only lanes in which someone waits are put in order
}

/** Puts one among others, higher priorities first. Callers may name many: those that nobody has any more are taken out. */
function insertRanked<R extends { readonly priority: number }>(ranked: R[], added: R, isOver: (one: R) => boolean): R {
  if (ranked.length >= mostRanks) {
    const kept = ranked.filter((one) => !isOver(one));
    ranked.splice(0, ranked.length, ...kept);
  }
  const at = ranked.findIndex(({ priority }) => priority < added.priority);
  ranked.splice(at < 0 ? ranked.length : at, 0, added);
  return added;
}
