/** Says where the stores are, and what is done with what is found broken in them. */
import { findHome } from '../config/home.ts';
import type { StorePlace } from './store.ts';

/** Where stores are opened. */
export interface StoreOptions {
  /** Folder of the stores. @default `BENTOML_HOME`, else `~/bentoml` */
  readonly home?: string;
  /** Is told of folders that are no models or bentos, and are left out. @default a warning of the process */
  readonly onWarning?: (message: string) => void;
}

/** The place of a store; the home is found anew each time, so that a program may set it before the first call. */
export function toPlace(options: StoreOptions): StorePlace {
  return {
    home: options.home ?? findHome(),
    nowMs: Date.now,
    warn: options.onWarning ?? ((message) => process.emitWarning(message)),
  };
}
