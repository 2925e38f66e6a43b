/** Makes bytes that do not shrink, faster than a disk takes them. */
import { randomFillSync } from 'node:crypto';

/** Blocks of one mebibyte. */
export function* createRandomBlocks(count: number): Generator<Buffer> {
  for (let at = 0; at < count; at++) yield randomFillSync(Buffer.alloc(1024 * 1024));
}
