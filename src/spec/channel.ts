/** The one way in which a gateway and a worker exchange messages, whatever lies between them. */

/** One end of a two-way line; messages arrive whole and in order. */
export interface Channel<Out, In> {
  /**
   * Hands a message over; it leaves with everything else that was sent in the same turn of the event loop.
   * @param mayBeLarge whether bytes in it may be so many that a way for those is worth looking for.
   * @returns false when the line is congested: whatever produces without being asked should pause until `drained`.
   */
  send(message: Out, mayBeLarge?: boolean): boolean;
  /** Sends what is waiting, before the end of the turn. */
  flush(): void;
  /** Resolves when the line can take more. */
  drained(): Promise<void>;
  /** Sets who gets the messages; those that came earlier are handed over first. */
  onMessage(listener: (message: In) => void): void;
  /** Sets who is told, once, that no message will come any more. */
  onClose(listener: () => void): void;
  close(): void;
}

/**
 * Collects what is sent in one turn of the event loop into one parcel. One message a parcel costs about twice the CPU
 * of one parcel a turn at 32 clients.
 *
 * @param post sends one parcel.
 * @param schedule calls back at the end of the turn, for example `setImmediate`.
 */
export function createCoalescer<Out>(
  post: (parcel: readonly Out[]) => void,
  schedule: (flush: () => void) => void,
): { send(message: Out): void; flush(): void } {
  let waiting: Out[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    const parcel = waiting;
    waiting = [];
    post(parcel);
  };
  return {
    flush,
    send(message) {
      waiting.push(message);
      if (waiting.length === 1) schedule(flush);
    },
  };
}
