/** Names how a worker process ended, and why. */
import type { ErrorRecord } from '../errors.ts';
import { type LastWords, lineClosedCode } from '../spec/last-words.ts';
import { never } from '../spec/never.ts';

/** Why the gateway itself ended a worker. */
export type EndCause =
  /** It was told to stop. */
  | { readonly kind: 'stopped' }
  /** It was not wanted any more, or had taken too long to stop. */
  | { readonly kind: 'killed' }
  /** It gave no sign of life for so long after the time of a call was up. */
  | { readonly kind: 'hung'; readonly method: string; readonly silentMs: number }
  /** A call went on for so long after its time was up. */
  | { readonly kind: 'abort_ignored'; readonly method: string; readonly lateMs: number }
  /** Its health hook said so, again and again. */
  | { readonly kind: 'not_alive'; readonly problem: string }
  /** It cannot be spoken to. */
  | { readonly kind: 'disconnected' }
  /** It said what is no message, or one that made no sense; `error` is what came of it. */
  | { readonly kind: 'foreign_message'; readonly error: ErrorRecord };

/** How a worker ended; the kind is also a label of metrics. */
export type ExitReason =
  | EndCause
  /** `stack` says who called `process.exit`, if anybody did. */
  | { readonly kind: 'exit'; readonly code: number; readonly stack?: string }
  /** Thrown, or rejected, where nobody caught it. */
  | { readonly kind: 'exception' | 'rejection'; readonly error: ErrorRecord }
  /** `of` says whose memory it was. */
  | { readonly kind: 'out_of_memory'; readonly of: 'heap' | 'system' }
  /** Native code failed; `how` is the signal, or the code where there are none. */
  | { readonly kind: 'crash'; readonly how: string }
  /** Somebody else ended it. */
  | { readonly kind: 'signal'; readonly signal: string }
  /** There never was a process. */
  | { readonly kind: 'not_started'; readonly problem: string };

/** What is known of a process that has ended. */
export interface EndFacts {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why the gateway wanted it to end, if it did. */
  readonly cause: EndCause | undefined;
  /** What the worker's own JavaScript said of it. */
  readonly lastWords: LastWords | undefined;
  /** The last of what V8 and native code wrote on standard error. */
  readonly stderrTail: string;
  /** Whether the system has killed a process of this control group for memory while this one lived. */
  readonly hasMemoryKill: boolean;
}

const crashSignals: ReadonlySet<string> = new Set([
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
]);
const abortCode = 134; // where there are no signals: https://nodejs.org/api/process.html#exit-codes
const firstNtError = 0xc0000000; // https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-erref

/** Decides what ended a process. */
export function explainEnd({ code, signal, cause, lastWords, stderrTail, hasMemoryKill }: EndFacts): ExitReason {
  if (cause && signal === 'SIGKILL') return cause;
  if (lastWords) return lastWords;
  // V8 says so and aborts; on Windows that is an exit code.
  if (code !== 0 && /^FATAL ERROR: .*out of memory/m.test(stderrTail)) return { kind: 'out_of_memory', of: 'heap' };
  if (signal !== null) {
    if (crashSignals.has(signal)) return { kind: 'crash', how: signal };
    return signal === 'SIGKILL' && hasMemoryKill ? { kind: 'out_of_memory', of: 'system' } : { kind: 'signal', signal };
  }
  if (code === abortCode) return { kind: 'crash', how: `exit code ${code}` };
  if (code !== null && code >= firstNtError) return { kind: 'crash', how: `0x${code.toString(16)}` };
  if (cause) return cause;
  return code === lineClosedCode ? { kind: 'disconnected' } : { kind: 'exit', code: code ?? 0 };
}

/** The reason as it reads after "it ended: ". */
export function toWords(reason: ExitReason): string {
  switch (reason.kind) {
    case 'exception':
      return `nobody caught an exception: ${titleOf(reason.error)}`;
    case 'rejection':
      return `nobody handled the rejection of a promise: ${titleOf(reason.error)}`;
    case 'not_alive':
      return `it was not alive: ${reason.problem}`;
    case 'not_started':
      return `no process could be started: ${reason.problem}`;
    case 'foreign_message':
      return `${toPublicWords(reason)}: ${reason.error.message}`;
    default:
      return toPublicWords(reason);
  }
}

/** The same without a word of what the author's code said: fit for callers. */
export function toPublicWords(reason: ExitReason): string {
  switch (reason.kind) {
    case 'stopped':
      return 'it was told to stop';
    case 'killed':
      return 'it was killed by the server';
    case 'hung':
      return `it was killed, since it gave no sign of life for ${reason.silentMs} ms after the time of ${reason.method} was up`;
    case 'abort_ignored':
      return `${reason.method} went on for ${reason.lateMs} ms after its time was up`;
    case 'not_alive':
      return 'it was not alive';
    case 'disconnected':
      return 'its line to the server was closed, as by process.disconnect()';
    case 'foreign_message':
      return 'it was killed, since something wrote on its line to the server what no worker says';
    case 'exit':
      return reason.stack === undefined ? `exit code ${reason.code}` : `process.exit(${reason.code}) was called`;
    case 'exception':
      return 'nobody caught an exception';
    case 'rejection':
      return 'nobody handled the rejection of a promise';
    case 'out_of_memory':
      return reason.of === 'heap'
        ? 'its JavaScript heap was full; NODE_OPTIONS=--max-old-space-size=<MiB> makes it larger'
        : 'the system was out of memory and killed it';
    case 'crash':
      return `native code crashed (${reason.how})`;
    case 'signal':
      return reason.signal === 'SIGKILL'
        ? 'SIGKILL from outside; perhaps the system was out of memory'
        : `${reason.signal} from outside`;
    case 'not_started':
      return 'no process could be started';
    default:
      return never(reason);
  }
}

/** Where in the author's code it came from, if that is known. */
export function stackOf(reason: ExitReason): string | undefined {
  if (reason.kind === 'exit') return reason.stack;
  return 'error' in reason ? reason.error.stack : undefined;
}

function titleOf({ name, message }: ErrorRecord): string {
  return `${name}: ${message}`;
}
