/** What the gateway and its decode threads say to each other. */
import type { ErrorRecord } from '../../errors.ts';
import type { ApiSpec } from '../../spec/service-spec.ts';
import type { ReceivedBody } from './decode-body.ts';

/** Decode this; there is one at a time. */
export interface DecodeRequest {
  /** Names the method: a thread that has met it before has its validator. */
  readonly routeId: number;
  readonly api: ApiSpec;
  readonly body: ReceivedBody;
  readonly jsonDepthLimit: number;
}

/** The arguments as `v8.serialize` writes them, which nobody reads before the worker does; or why there are none. */
export type DecodeAnswer = { readonly args: Uint8Array } | { readonly error: ErrorRecord };
