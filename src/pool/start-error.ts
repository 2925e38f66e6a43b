/** Says why a worker did not become ready. */
import { fromRecord, ServiceError } from '../errors.ts';
import type { FromWorker } from '../spec/messages.ts';
import { type ExitReason, stackOf, toWords } from './exit-reason.ts';

/** What is known of an end that has a stack. */
export function causeOf(reason: ExitReason): { readonly cause?: Error } {
  const stack = stackOf(reason);
  return stack === undefined ? {} : { cause: Object.assign(new Error(toWords(reason)), { stack }) };
}

/** @param file the one that was loaded. */
export function toStartError(failed: Extract<FromWorker, { kind: 'failed' }>, file: string, service: string): Error {
  const cause = fromRecord(failed.error);
  if (failed.error.kind === 'service' && failed.step !== 'warmUp') return cause;
  const [firstLine = ''] = failed.error.message.replace(/^Transform failed with \d+ errors?:\n/, '').split('\n');
  if (failed.step === 'load') {
    const missing = /^Cannot find package '([^']+)' imported from /.exec(firstLine)?.[1]; // Node's words
    const problem = missing === undefined ? firstLine : `${firstLine}; install it there: npm install ${missing}`;
    return new ServiceError('SOURCE_BROKEN', { file, problem }, { cause });
  }
  if (failed.step === 'probe') return new ServiceError('START_FAILED', { service, problem: firstLine }, { cause });
  const who = {
    deployment: `the deployment hook ${failed.hook}`,
    startup: `the start-up hook ${failed.hook}`,
    warmUp: failed.hook,
    construct: 'the constructor',
    shutdown: `the shut-down hook ${failed.hook}`,
  }[failed.step];
  return new ServiceError('START_FAILED', { service, problem: `${who} threw: ${firstLine}` }, { cause });
}
