/** One end of the line between a gateway and a worker process, over Node's IPC. */
import { type Channel, createCoalescer } from '../spec/channel.ts';

/** The side of a process that can send: `process` in a worker, the child process in a gateway. */
interface IpcPort {
  readonly connected: boolean;
  send?(message: unknown, handle: undefined, options: undefined, sent: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (parcel: unknown) => void): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
  disconnect(): void;
}

/** A channel that can also send what is waiting before the end of the turn. */
export interface IpcChannel<Out, In> extends Channel<Out, In> {
  flush(): void;
}

/**
 * The channel of a process that was forked with `serialization: 'advanced'`.
 *
 * @param onUnsendable is asked for a replacement when a message holds a value that cannot cross (a function, a symbol);
 * without it such a message is thrown back.
 */
export function createIpcChannel<Out, In>(
  port: IpcPort,
  onUnsendable?: (message: Out, error: unknown) => Out | undefined,
): IpcChannel<Out, In> {
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
  const post = (parcel: readonly Out[]) => {
    if (!port.connected) return; // whoever waits for an answer hears of the end elsewhere
    unsent++;
    try {
      // False when the pipe is full; `settle` is called when the parcel is in it, or the other side is gone.
      if (port.send?.(parcel, undefined, undefined, settle) === false) isCongested = true;
    } catch (error) {
      unsent--;
      throw error;
    }
  };
  const postSingly = (parcel: readonly Out[], reason: unknown) => {
    if (!onUnsendable) throw reason;
    for (const message of parcel) {
      try {
        post([message]);
      } catch (error) {
        const replacement = onUnsendable(message, error);
        if (replacement !== undefined) post([replacement]);
      }
    }
  };
  const coalescer = createCoalescer<Out>((parcel) => {
    try {
      post(parcel);
    } catch (error) {
      postSingly(parcel, error);
    }
  }, setImmediate);

  return {
    flush: coalescer.flush,
    send(message) {
      coalescer.send(message);
      return !isCongested;
    },
    drained: () => (unsent === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
    onMessage(listener) {
      port.on('message', (parcel) => {
        for (const message of parcel as readonly In[]) listener(message); // only the other end of this line writes on it
      });
    },
    onClose: (listener) => void port.once('disconnect', listener),
    close() {
      if (port.connected) port.disconnect();
    },
  };
}
