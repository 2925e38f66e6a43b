/** What is sent instead of a message with a value that cannot leave its process, such as a function. */
import { ServiceError, toRecord } from '../errors.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { dropFiles } from './keep-files.ts';

/**
 * A result that cannot cross the border becomes an error of its own call; anything else is a fault of ours.
 * @throws the reason, if there is nothing to be sent instead.
 */
export function replaceUnsendable(
  message: FromWorker,
  reason: unknown,
  worker: { onMessage(message: ToWorker): void },
): FromWorker {
  if (message.kind === 'value') dropFiles(message.files ?? []);
  if (message.kind === 'value' || message.kind === 'items') {
    worker.onMessage({ kind: 'cancel', id: message.id, reason: 'CANCELLED' }); // a stream need not go on
    const cause = new TypeError(`the method gave a value that cannot leave its process: ${(reason as Error).message}`);
    return { kind: 'error', id: message.id, error: toRecord(new ServiceError('OUTPUT_INVALID', {}, { cause })) };
  }
  if (message.kind === 'error')
    return { ...message, error: { ...message.error, detail: [], stack: String(message.error.stack) } };
  if (message.kind === 'log') {
    return { ...message, fields: { unsendable: Object.keys(message.fields).join(', ') } };
  }
  throw reason;
}
