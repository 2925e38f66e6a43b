/** Values with files → `multipart/form-data` (RFC 7578), one part for each field or item. */
import type { FileFields } from './file.ts';
import type { FileOnDisk } from './file-content.ts';
import { isParcel, type Parcel } from './io-type.ts';

/** What a body consists of, in order. */
export type Piece = Uint8Array | FileOnDisk;

// The name of parts that stand for the whole, or for an item of a list that is the whole.
const wholeName = 'value';

const encoder = new TextEncoder();

/**
 * Writes a value as the pieces of a form: each field of an object is a part of its name, each item of a list one called
 * `value`. Files are parts with their type and name, and a list of files as many of one name; all else is a part of JSON.
 * A file deeper in such a part is null there, and a part of its own after it, called by its place: `pages/0/scan`.
 *
 * @param value JSON with parcels of files in it.
 */
export function writeForm(value: unknown): Piece[] {
  const boundary = `form-${crypto.randomUUID()}`; // nobody who sends a file knows it
  const pieces: Piece[] = [];
  const open = (name: string, words: string) =>
    pieces.push(
      encoder.encode(`--${boundary}\r\ncontent-disposition: form-data; name="${escapeName(name)}"${words}\r\n\r\n`),
    );
  const close = () => pieces.push(encoder.encode('\r\n'));
  const addFile = (name: string, parcel: Parcel) => {
    const { content, type, name: fileName = 'file' } = parcel[1] as FileFields; // of a file's parcel
    open(name, `; filename="${escapeName(fileName)}"\r\ncontent-type: ${type || 'application/octet-stream'}`);
    pieces.push(content);
    close();
  };
  const add = (name: string, part: unknown) => {
    if (isFile(part)) return addFile(name, part);
    if (Array.isArray(part) && part.length > 0 && part.every(isFile)) {
      for (const file of part) addFile(name, file);
      return;
    }
    const files: (readonly [string, Parcel])[] = [];
    const json = lift(part, name, files);
    open(name, '\r\ncontent-type: application/json');
    pieces.push(encoder.encode(JSON.stringify(json)));
    close();
    for (const [place, file] of files) addFile(place, file);
  };
  for (const [name, part] of partsOf(value)) add(name, part);
  pieces.push(encoder.encode(`--${boundary}--\r\n`));
  return pieces;
}

/** The media type of such a form, with what stands between its parts. */
export function formMediaType([first]: readonly Piece[]): string {
  const line = new TextDecoder().decode((first as Uint8Array).subarray(0, 64)); // every form begins with its boundary
  return `multipart/form-data; boundary=${/^--(form-[0-9a-f-]{36})/.exec(line)?.[1]}`;
}

function isFile(value: unknown): value is Parcel {
  return Array.isArray(value) && isParcel(value); // others were written in JSON
}

function partsOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || isFile(value)) return [[wholeName, value]];
  if (Array.isArray(value)) return value.map((item) => [wholeName, item]);
  return Object.entries(value).filter(([, part]) => part !== undefined); // as JSON leaves it out
}

/** A copy with null where files stand. */
function lift(value: unknown, path: string, found: (readonly [string, Parcel])[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isFile(value)) {
    found.push([path, value]);
    return null;
  }
  if (Array.isArray(value)) return value.map((item, at) => lift(item, `${path}/${at}`, found));
  const toStep = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'); // RFC 6901
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, lift(item, `${path}/${toStep(key)}`, found)]),
  );
}

/** A name, of a field or a file, as it stands in quotes. As browsers do: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
export function escapeName(name: string): string {
  return name.toWellFormed().replace(/["\r\n]/g, (letter) => ({ '"': '%22', '\r': '%0D', '\n': '%0A' })[letter] ?? '');
}
