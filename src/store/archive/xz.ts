/** Writes the frame of xz around bytes that are stored as they are: BentoML expects xz, and weights do not shrink. */
import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';

// The format: https://tukaani.org/xz/xz-file-format.txt
const streamFlags = Buffer.of(0x00, 0x01); // CRC32 as the check of the block
const chunkBytes = 64 * 1024; // the most that a chunk of LZMA2 holds
const blockHeaderBytes = 12;
const checkBytes = 4;

/** Makes a stream that takes bytes and gives an `.xz` file, which every program that reads xz reads. */
export function createXzStore(): Transform {
  let rest: Buffer = Buffer.alloc(0);
  let check = 0;
  let plainBytes = 0;
  let dataBytes = 0;

  const chunkOf = (bytes: Buffer): Buffer => {
    const head = Buffer.of(dataBytes === 0 ? 0x01 : 0x02, 0, 0); // the first one resets the dictionary
    head.writeUInt16BE(bytes.length - 1, 1);
    check = crc32(bytes, check);
    plainBytes += bytes.length;
    dataBytes += head.length + bytes.length;
    return Buffer.concat([head, bytes]);
  };

  return new Transform({
    construct(done) {
      this.push(withCrc(Buffer.from('fd377a585a00', 'hex'), streamFlags));
      this.push(blockHeader());
      done();
    },
    transform(bytes: Buffer, _encoding, done) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let at = 0;
      for (; rest.length - at >= chunkBytes; at += chunkBytes) this.push(chunkOf(rest.subarray(at, at + chunkBytes)));
      rest = rest.subarray(at);
      done();
    },
    flush(done) {
      if (rest.length > 0) this.push(chunkOf(rest));
      dataBytes++; // the end of the chunks
      this.push(Buffer.concat([Buffer.of(0x00), padding(blockHeaderBytes + dataBytes), int32(check)]));
      const sizes = [1, blockHeaderBytes + dataBytes + checkBytes, plainBytes].map(toVarint);
      const list = Buffer.concat([Buffer.of(0x00), ...sizes]);
      const index = Buffer.concat([list, padding(list.length)]);
      this.push(withCrc(Buffer.alloc(0), index));
      const footer = Buffer.concat([int32((index.length + checkBytes) / 4 - 1), streamFlags]);
      this.push(Buffer.concat([int32(crc32(footer)), footer, Buffer.from('YZ')]));
      done();
    },
  });
}

/** One filter, LZMA2 (0x21), with a dictionary of 64 KiB (8), and no sizes, which nobody knows yet. */
function blockHeader(): Buffer {
  return withCrc(Buffer.alloc(0), Buffer.of(blockHeaderBytes / 4 - 1, 0x00, 0x21, 0x01, 0x08, 0x00, 0x00, 0x00));
}

const withCrc = (before: Buffer, bytes: Buffer) => Buffer.concat([before, bytes, int32(crc32(bytes))]);
const padding = (bytes: number) => Buffer.alloc((4 - (bytes % 4)) % 4);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Seven bits a byte, the lowest first; numbers are larger than 32 bits. */
function toVarint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}
