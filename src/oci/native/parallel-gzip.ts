/** Packs with gzip on several processors: pieces of one size, one behind the other, which every gunzip reads as one. */
import { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

// Where a piece ends must not depend on how the bytes came: the same bytes give the same bytes.
const pieceBytes = 1024 * 1024;
const atOnce = 4; // as many threads as Node has for that

const pack = promisify(gzip);

/** RFC 1952, section 2.2: a file is a series of members. */
export function createParallelGzip(): Transform {
  const packing: Promise<Buffer>[] = [];
  let waiting: Buffer[] = [];
  let bytes = 0;
  const begin = () => {
    packing.push(pack(Buffer.concat(waiting)));
    waiting = [];
    bytes = 0;
  };
  const send = async (stream: Transform, mostLeft: number) => {
    while (packing.length > mostLeft) stream.push(await packing.shift());
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + pieceBytes - bytes);
        waiting.push(part);
        bytes += part.length;
        at += part.length;
        if (bytes === pieceBytes) begin();
      }
      send(this, atOnce).then(() => done(), done);
    },
    flush(done) {
      if (bytes > 0) begin();
      send(this, 0).then(() => done(), done);
    },
  });
}
