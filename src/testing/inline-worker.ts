/** A worker in the thread of the gateway: for tests and for debugging, since nothing protects one from the other. */
import type { EndCause, ExitReason } from '../pool/exit-reason.ts';
import type { WorkerProcess } from '../pool/worker-process.ts';
import type { Channel } from '../spec/channel.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { replaceUnsendable } from '../worker/unsendable.ts';
import { createWorker } from '../worker/worker.ts';

/** One direction of the line: what is sent is copied at once, as on the way to another process, and arrives in a later turn. */
function createLine<T>() {
  const listening = Promise.withResolvers<(message: T) => void>();
  let isOpen = true;
  return {
    send(message: T) {
      const copy = structuredClone(message);
      setImmediate(() => void listening.promise.then((listener) => (isOpen ? listener(copy) : undefined)));
    },
    listen: listening.resolve,
    close() {
      isOpen = false;
    },
  };
}

/** Starts a worker here. It cannot be killed: it is no longer heard then, and what it does it does to its end. */
export function startInline(): WorkerProcess {
  const toWorker = createLine<ToWorker>();
  const toGateway = createLine<FromWorker>();
  const ended = Promise.withResolvers<ExitReason>();
  let expected: EndCause | undefined;
  const expectEnd = (why: EndCause) => {
    expected ??= why;
  };
  const end = (how: ExitReason) => {
    worker.close();
    toWorker.close();
    toGateway.close();
    ended.resolve(how);
  };
  const send = (message: FromWorker) => {
    try {
      toGateway.send(message);
    } catch (reason) {
      toGateway.send(replaceUnsendable(message, reason, worker));
    }
  };
  const worker = createWorker({
    send,
    flush() {}, // every message has its own turn
    leave: (exitCode) => void setImmediate(() => end(expected ?? { kind: 'exit', code: exitCode })), // after what was sent before
    runInCall: (_, run) => run(),
    admitsLine: () => true,
    nameProcess() {},
  });
  toWorker.listen(worker.onMessage);
  const channel: Channel<ToWorker, FromWorker> = {
    send(message) {
      toWorker.send(message);
      return true;
    },
    flush() {}, // every message has its own turn
    drained: () => Promise.resolve(),
    onMessage: toGateway.listen,
    onClose: (listener) => void ended.promise.then(listener),
    close: () => end({ kind: 'disconnected' }),
  };
  return {
    pid: undefined,
    channel,
    ended: ended.promise,
    expectEnd,
    kill(why = { kind: 'killed' }) {
      expectEnd(why);
      end(expected ?? why);
    },
  };
}
