/** A line in which callers take turns, and from which anyone can step out at once. */

/** A place in a line; whoever waits keeps it. */
export interface Place<T> {
  readonly value: T;
  /** The queue of its caller; undefined once it has left. */
  queue: CallerQueue<T> | undefined;
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
}

/** What one caller has in the line, in the order in which it came. */
interface CallerQueue<T> {
  readonly caller: string;
  first: Place<T> | undefined;
  last: Place<T> | undefined;
  count: number;
  /** Neighbours in the ring of callers. */
  before: CallerQueue<T>;
  after: CallerQueue<T>;
}

/** A line of values. */
export interface WaitingLine<T> {
  /** Whose turn it is. */
  readonly head: T | undefined;
  readonly count: number;
  /** How many callers have something in it. */
  readonly callerCount: number;
  countOf(caller: string): number;
  join(value: T, caller: string): Place<T>;
  /** Takes the head; the turn goes to the next caller. */
  take(): T | undefined;
  /** Steps out, wherever the place is; false if it is not in the line any more. */
  leave(place: Place<T>): boolean;
  /** The newest value of the caller who has most, and how many those are; looks at every caller. */
  longest(): { readonly newest: T; readonly count: number } | undefined;
}

/**
 * Creates a line. Each turn is another caller's, so that one who sends a thousand calls delays those of others by one
 * each. Linked places and not a Set: a Set's outgrown tables keep alive what went through them, since V8 links each to
 * the next and promotes them all once one of them is old (a fifth of the gateway's CPU at 32 clients,
 * bench/results/http-overhead.md), and an array would search for whoever steps out.
 */
export function createWaitingLine<T>(): WaitingLine<T> {
  const queues = new Map<string, CallerQueue<T>>();
  let turn: CallerQueue<T> | undefined;
  let count = 0;

  /** As the last of this round. */
  const addQueue = (caller: string): CallerQueue<T> => {
    const queue = { caller, first: undefined, last: undefined, count: 0 } as unknown as CallerQueue<T>;
    queue.after = turn ?? queue; // both neighbours are set here, before anyone sees it
    queue.before = turn?.before ?? queue;
    queue.before.after = queue;
    queue.after.before = queue;
    turn ??= queue;
    queues.set(caller, queue);
    return queue;
  };
  const removeQueue = (queue: CallerQueue<T>) => {
    queues.delete(queue.caller);
    queue.before.after = queue.after;
    queue.after.before = queue.before;
    if (turn === queue) turn = queue.after === queue ? undefined : queue.after;
  };
  const unlink = (place: Place<T>, queue: CallerQueue<T>) => {
    if (place.previous) place.previous.next = place.next;
    else queue.first = place.next;
    if (place.next) place.next.previous = place.previous;
    else queue.last = place.previous;
    place.queue = undefined;
    place.previous = undefined;
    place.next = undefined;
    queue.count--;
    count--;
    if (queue.count === 0) removeQueue(queue);
  };

  return {
    get head() {
      return turn?.first?.value;
    },
    get count() {
      return count;
    },
    get callerCount() {
      return queues.size;
    },
    countOf: (caller) => queues.get(caller)?.count ?? 0,
    join(value, caller) {
      const queue = queues.get(caller) ?? addQueue(caller);
      const place: Place<T> = { value, queue, previous: queue.last, next: undefined };
      if (queue.last) queue.last.next = place;
      else queue.first = place;
      queue.last = place;
      queue.count++;
      count++;
      return place;
    },
    take() {
      const queue = turn;
      const place = queue?.first;
      if (!queue || !place) return undefined;
      turn = queue.after;
      unlink(place, queue);
      return place.value;
    },
    leave(place) {
      if (!place.queue) return false;
      unlink(place, place.queue);
      return true;
    },
    longest() {
      let most: CallerQueue<T> | undefined;
      for (const queue of queues.values()) if (!most || queue.count > most.count) most = queue;
      return most?.last && { newest: most.last.value, count: most.count };
    },
  };
}
