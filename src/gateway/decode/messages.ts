/** What the gateway and its decode threads say to each other. */
import type { ErrorRecord } from '../../errors.ts';
import type { BatchFacts } from '../../spec/batch-facts.ts';
import type { ApiSpec } from '../../spec/service-spec.ts';
import type { Addressed, DecodeLimits, ReceivedBody } from './decode-body.ts';

/** Decode this; there is one at a time. */
export interface DecodeRequest {
  /** Names the method: a thread that has met it before has its validator. */
  readonly routeId: number;
  readonly api: ApiSpec;
  readonly body: ReceivedBody;
  readonly limits: DecodeLimits;
}

/** The arguments as `v8.serialize` writes them, which nobody reads before the worker does. */
export interface WrittenArguments {
  readonly args: Uint8Array;
  readonly batch?: BatchFacts;
}

/** What a body gives, or why it gives nothing. */
export type DecodeAnswer = WrittenArguments | Addressed | { readonly error: ErrorRecord };
