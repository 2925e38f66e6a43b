/** One call of a method, whatever door it came through, and what comes of it. */

import type { FileOnDisk } from '../io/file-content.ts';
import type { BatchFacts } from './batch-facts.ts';

/** W3C trace context of a call. */
export interface Trace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the server's own span. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** What the caller sent beside the arguments; given to methods that take a `Context`. */
export interface RequestInfo {
  /** Lower-case names; several values of one name are joined by a comma and a space. */
  readonly headers: Readonly<Record<string, string>>;
  /** Path without the query. */
  readonly path: string;
}

/** Items of one argument that come while the call runs. */
export interface Inflow {
  /** Place of the argument. */
  readonly at: number;
  /** Checked items as they cross, in the groups in which they came; nothing is read before it is asked for. */
  readonly groups: AsyncIterable<{ readonly items: readonly unknown[]; readonly bytes: number }>;
  /** Whether it is the caller that is waited for. */
  readonly isWaiting: boolean;
}

/**
 * The arguments of a call in the order of the method's parameters; `undefined` where the caller left one out. As bytes they
 * are what `v8.serialize` made of them: nobody reads them before the worker does, since that takes its time.
 */
export type CallArguments = readonly unknown[] | Uint8Array;

/** A call of one method of one service. */
export interface Invocation {
  readonly service: string;
  readonly method: string;
  readonly args: CallArguments;
  /** What of them lies on disk, at least until the call is over; whoever dispatches the call removes it. */
  readonly files?: readonly Pick<FileOnDisk, 'path'>[];
  /** How long the caller waits for the first answer, in milliseconds from now, or from the last item that it sent. */
  readonly timeoutMs: number;
  readonly inflow?: Inflow;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  readonly trace: Trace;
  /** Tells callers apart, who take turns where they wait for the same method; the same text is the same caller. */
  readonly caller: string;
  readonly request: RequestInfo;
  /** Of a batchable method; what nobody has looked at is looked at when it is dispatched. */
  readonly batch?: BatchFacts;
  /** Higher goes first. @default 0 */
  readonly priority?: number;
  /** Name of the form in which it is answered, which decides what is made of its value; the method's first without it. */
  readonly answerForm?: string;
}

/** A cookie to set with the answer. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly maxAgeSeconds?: number;
  readonly expires?: Date;
  /** @default '/' */
  readonly path?: string;
  readonly domain?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  /** @default 'lax' */
  readonly sameSite?: 'lax' | 'strict' | 'none';
}

/** What the method changed about its answer through its `Context`. */
export interface ResponseChanges {
  readonly status?: number;
  /** Lower-case names, in the order in which they were set. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly Cookie[];
  /** Values of `Set-Cookie`, as a `Response` has them. */
  readonly setCookies?: readonly string[];
}

/** What a call came to: one value, or items in the groups in which they arrived. */
export type Outcome =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** What of it lies on disk; whoever has dispatched the call removes it. */
      readonly files?: readonly FileOnDisk[];
      readonly response?: ResponseChanges;
    }
  | { readonly kind: 'items'; readonly groups: AsyncIterable<readonly unknown[]>; readonly response?: ResponseChanges };
