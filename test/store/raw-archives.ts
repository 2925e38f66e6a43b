/** Makes archives byte by byte, also such as no honest program makes. */
import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a tar, as it is written into its header. */
export interface TarMember {
  readonly name: string | Buffer;
  /** One letter: `0` a file, `1` a hard link, `2` a link, `3` and `4` devices, `5` a folder, `6` a pipe. */
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly linkname?: string;
  readonly mode?: number;
  /** What the header says, where it lies. */
  readonly size?: number | string;
  readonly prefix?: string;
  readonly checksum?: string;
}

const block = 512;

export function rawTar(members: readonly TarMember[], ending = Buffer.alloc(2 * block)): Buffer {
  return Buffer.concat([...members.map(rawMember), ending]);
}

function rawMember({
  name,
  type = '0',
  body = '',
  linkname = '',
  mode = 0o644,
  size,
  prefix = '',
  checksum,
}: TarMember): Buffer {
  const bytes = Buffer.from(body as string);
  const header = Buffer.alloc(block);
  Buffer.from(name as string).copy(header, 0, 0, 100);
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  header.write('0000000\0'.repeat(2), 108);
  const length = size ?? bytes.length;
  header.write(typeof length === 'string' ? length : `${length.toString(8).padStart(11, '0')} `, 124, 'latin1');
  header.write('00000000000 ', 136);
  header.write(type, 156);
  header.write(linkname, 157, 100);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 155);
  header.write(' '.repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);
}

/** The header before a member that says what has no room in its own. */
export function pax(rows: Readonly<Record<string, string>>): TarMember {
  const records = Object.entries(rows).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (String(length).length + Buffer.byteLength(rest) !== length)
      length = String(length).length + Buffer.byteLength(rest);
    return `${length}${rest}`;
  });
  return { name: 'pax', type: 'x', body: records.join('') };
}

/** A member of a zip. */
export interface ZipMember {
  readonly name: string | Buffer;
  readonly body?: string | Buffer;
  /** Of Unix, with the kind of file. */
  readonly mode?: number;
  /** What is said of it, where it lies. */
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  /** Where its bytes are, instead of behind its header. */
  readonly offset?: number;
}

export function rawZip(members: readonly ZipMember[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, body = '', mode = 0o100644, size, crc, flags = 0x800, offset } of members) {
    const bytes = Buffer.from(body as string);
    const packed = deflateRawSync(bytes);
    const path = Buffer.from(name as string);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc ?? crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(mode * 0x10000, 6);
    tail.writeUInt32LE(offset ?? at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, path]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}
