/** What happens later, in virtual time. */

/** Events in the order of their time; those of one time in the order in which they were put in. */
export interface EventQueue {
  /** Puts in what is to be done then. */
  at(atMs: number, act: () => void): void;
  /** Does what is next; false if there is nothing. */
  step(): boolean;
  /** Of the event that is being done. */
  readonly nowMs: number;
}

interface Event {
  readonly atMs: number;
  readonly sequence: number;
  readonly act: () => void;
}

/** Creates a queue without events: a binary heap. */
export function createEventQueue(): EventQueue {
  const heap: Event[] = [];
  let sequence = 0;
  let nowMs = 0;

  return {
    get nowMs() {
      return nowMs;
    },
    at(atMs, act) {
      const event = { atMs: Math.max(atMs, nowMs), sequence: sequence++, act };
      let place = heap.push(event) - 1;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(event, heap[parent] as Event)) break;
        heap[place] = heap[parent] as Event;
        place = parent;
      }
      heap[place] = event;
    },
    step() {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last) return false;
      if (heap.length > 0) sink(heap, last);
      nowMs = first.atMs;
      first.act();
      return true;
    },
  };
}

/** Puts an event where the first one was, and moves it down to its place. */
function sink(heap: Event[], event: Event): void {
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
    if (!isBefore(heap[child] as Event, event)) break;
    heap[place] = heap[child] as Event;
    place = child;
  }
  heap[place] = event;
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs === other.atMs ? one.sequence < other.sequence : one.atMs < other.atMs;
}
