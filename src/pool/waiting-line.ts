/** A first-in-first-out line from which anyone can step out at once. */

/** A place in a line; whoever waits keeps it. */
export interface Place<T> {
  readonly value: T;
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
  isWaiting: boolean;
}

/** A line of values. */
export interface WaitingLine<T> {
  readonly head: T | undefined;
  readonly count: number;
  join(value: T): Place<T>;
  /** Steps out, wherever the place is; false if it is not in the line any more. */
  leave(place: Place<T>): boolean;
}

/**
 * Creates a line. Linked places and not a Set: a Set's outgrown tables keep alive what went through them, since V8
 * links each to the next and promotes them all once one of them is old (a fifth of the gateway's CPU at 32 clients,
 * bench/results/http-overhead.md), and an array would search for whoever steps out.
 */
export function createWaitingLine<T>(): WaitingLine<T> {
  let first: Place<T> | undefined;
  let last: Place<T> | undefined;
  let count = 0;
  return {
    get head() {
      return first?.value;
    },
    get count() {
      return count;
    },
    join(value) {
      const place: Place<T> = { value, previous: last, next: undefined, isWaiting: true };
      if (last) last.next = place;
      else first = place;
      last = place;
      count++;
      return place;
    },
    leave(place) {
      if (!place.isWaiting) return false;
      place.isWaiting = false;
      count--;
      if (place.previous) place.previous.next = place.next;
      else first = place.next;
      if (place.next) place.next.previous = place.previous;
      else last = place.previous;
      place.previous = undefined;
      place.next = undefined;
      return true;
    },
  };
}
