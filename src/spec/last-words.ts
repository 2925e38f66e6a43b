/** What a worker says when its own JavaScript ends the process. */
import type { ErrorRecord } from '../errors.ts';

/** Why the process ends. */
export type LastWords =
  /** `process.exit` was called; the stack says by whom. */
  | { readonly kind: 'exit'; readonly code: number; readonly stack: string }
  /** Thrown, or rejected, where nobody caught it. */
  | { readonly kind: 'exception' | 'rejection'; readonly error: ErrorRecord };

/** The exit code of a worker whose line to the gateway was closed; one that neither Node nor a shell uses. */
export const lineClosedCode = 113;
