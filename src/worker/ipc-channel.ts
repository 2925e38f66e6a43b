/** One end of the line between a gateway and a worker process, over Node's IPC. */
import { type Channel, createCoalescer } from '../spec/channel.ts';
import type { SharedMemory } from './shared-memory.ts';

/** The side of a process that can send: `process` in a worker, the child process in a gateway. */
interface IpcPort {
  readonly connected: boolean;
  send?(message: unknown, handle: undefined, options: undefined, sent: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (parcel: unknown) => void): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
  disconnect(): void;
}

/** A message, one whose large bytes lie in the shared memory, or the places there from which bytes have been copied. */
type Wired<Out> = Out | Uint8Array | readonly number[];

/**
 * The channel of a process that was forked with `serialization: 'advanced'`.
 *
 * @param onUnsendable is asked for a replacement when a message holds a value that cannot cross (a function, a symbol);
 * without it such a message is thrown back.
 * @param memory what both ends share, closed with the line; without it everything crosses on the line.
 */
export function createIpcChannel<Out, In>(
  port: IpcPort,
  onUnsendable?: (message: Out, error: unknown) => Out | undefined,
  memory?: SharedMemory,
): Channel<Out, In> {
  const send = port.send?.bind(port); // of now: a worker takes it from the author's code afterwards
  let isCongested = false;
  let unsent = 0;
  let waiting: (() => void)[] = [];

  const settle = () => {
    unsent--;
    if (unsent > 0) return;
    isCongested = false;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  const post = (parcel: readonly Wired<Out>[]) => {
    if (!port.connected) return; // whoever waits for an answer hears of the end elsewhere
    unsent++;
    try {
      // False when the pipe is full; `settle` is called when the parcel is in it, or the other side is gone.
      if (send?.(parcel, undefined, undefined, settle) === false) isCongested = true;
    } catch (error) {
      unsent--;
      throw error;
    }
  };
  const postSingly = (parcel: readonly Wired<Out>[], reason: unknown) => {
    if (!onUnsendable) throw reason;
    for (const message of parcel) {
      try {
        post([message]);
      } catch (error) {
        const replacement = onUnsendable(message as Out, error); // all else can be sent
        if (replacement !== undefined) post([replacement]);
      }
    }
  };
  const coalescer = createCoalescer<Wired<Out>>((parcel) => {
    try {
      post(parcel);
    } catch (error) {
      postSingly(parcel, error);
    }
  }, setImmediate);

  const tellDone = () => {
    const places = memory?.takeDone();
    if (places) coalescer.send(places);
  };

  port.once('disconnect', () => memory?.close()); // once everything that came was heard

  return {
    flush: coalescer.flush,
    send(message, mayBeLarge = false) {
      coalescer.send((mayBeLarge && memory && packed(memory, message)) || message);
      tellDone();
      return !isCongested;
    },
    drained: () => (unsent === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
    onMessage(listener) {
      port.on('message', (parcel) => {
        // What somebody else has written on this line is no message of its own, which the listener has to notice.
        for (const message of Array.isArray(parcel) ? parcel : [parcel]) {
          if (memory && isPlaces(message)) memory.release(message);
          else listener((memory && message instanceof Uint8Array ? unpacked(memory, message) : message) as In);
        }
        if (memory?.owesMuch) tellDone();
      });
    },
    onClose: (listener) => void port.once('disconnect', listener),
    close() {
      if (port.connected) port.disconnect();
    },
  };
}

/** Gives nothing for a message that had better cross as it is, also one that cannot. */
function packed(memory: SharedMemory, message: unknown): Uint8Array | undefined {
  try {
    return memory.pack(message);
  } catch {
    return undefined;
  }
}

/** Gives the bytes back that are none of ours. */
function unpacked(memory: SharedMemory, message: Uint8Array): unknown {
  try {
    return memory.unpack(message);
  } catch {
    return message;
  }
}

function isPlaces(message: unknown): message is readonly number[] {
  return Array.isArray(message) && message.every((place) => typeof place === 'number');
}
