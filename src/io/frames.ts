/** Items as frames: one byte for the kind, the length as 32 bits in little-endian order, then so many bytes. */

/** What a frame holds. */
export const frameKinds = { json: 0, bytes: 1, safetensors: 2, end: 3, error: 4 } as const;

/** How long the head of a frame is. */
export const frameHeadBytes = 5;

const encoder = new TextEncoder();

/**
 * One frame; texts are written as UTF-8.
 * @throws RangeError where the length has no room in 32 bits.
 */
export function toFrame(kind: number, payload: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const pieces = typeof payload === 'string' ? [encoder.encode(payload)] : [payload].flat();
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length > 0xffff_ffff) throw new RangeError(`an item of ${length} bytes is too long for a frame`);
  const frame = new Uint8Array(frameHeadBytes + length);
  frame[0] = kind;
  new DataView(frame.buffer).setUint32(1, length, true);
  let at = frameHeadBytes;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  return frame;
}
