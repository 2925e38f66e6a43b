/** What goes to a worker together. */
import type { SendReason } from './decide.ts';
import type { Entry } from './lane.ts';

/** Items of one request that go together. */
export interface Piece<T> {
  readonly entry: Entry<T>;
  /** The first of them, counted from 0 in the whole request. */
  readonly from: number;
  readonly items: number;
}

/** Items that go to a worker together. */
export interface Batch<T> {
  readonly pieces: readonly Piece<T>[];
  readonly items: number;
  readonly reason: SendReason;
  /** The largest that its items are of. */
  readonly bucket: number;
  /** How long it is expected to run, in milliseconds; 0 where nothing is known. */
  readonly predictedMs: number;
}
