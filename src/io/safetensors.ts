/**
 * Safetensors: named tensors in one body, with no code in it (https://github.com/huggingface/safetensors#format). Eight
 * bytes say how long the header is; the header is JSON and says where each tensor lies; then come their bytes, row by
 * row, lowest byte first, as all platforms of Node but s390x have them in memory.
 */
import { ServiceError } from '../errors.ts';
import type { DType, TensorData, TensorFields } from './dtype.ts';
import { parseJson } from './parse-json.ts';

/** A tensor and its name in the file. */
export interface NamedTensor extends TensorFields {
  readonly name: string;
}

/** What a file holds. */
export interface Safetensors {
  readonly tensors: readonly NamedTensor[];
  /** Texts by name, under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Where the metadata stand, so that no tensor has this name. */
export const metadataName = '__metadata__';

/** How many tensors a file may have: each takes some 500 bytes beside its data. */
export const maxTensors = 4096;

/** The media type, as the makers of the format register it. */
export const safetensorsMediaType = 'application/vnd.safetensors';

interface Layout {
  readonly dtype: DType;
  readonly bytes: number;
  view(buffer: ArrayBufferLike, offset: number, length: number): TensorData[DType];
}

const layouts: ReadonlyMap<unknown, Layout> = new Map<string, Layout>([
  ['F64', { dtype: 'float64', bytes: 8, view: (...place) => new Float64Array(...place) }],
  ['F32', { dtype: 'float32', bytes: 4, view: (...place) => new Float32Array(...place) }],
  ['F16', { dtype: 'float16', bytes: 2, view: (...place) => new Uint16Array(...place) }],
  ['I64', { dtype: 'int64', bytes: 8, view: (...place) => new BigInt64Array(...place) }],
  ['I32', { dtype: 'int32', bytes: 4, view: (...place) => new Int32Array(...place) }],
  ['I16', { dtype: 'int16', bytes: 2, view: (...place) => new Int16Array(...place) }],
  ['I8', { dtype: 'int8', bytes: 1, view: (...place) => new Int8Array(...place) }],
  ['U64', { dtype: 'uint64', bytes: 8, view: (...place) => new BigUint64Array(...place) }],
  ['U32', { dtype: 'uint32', bytes: 4, view: (...place) => new Uint32Array(...place) }],
  ['U16', { dtype: 'uint16', bytes: 2, view: (...place) => new Uint16Array(...place) }],
  ['U8', { dtype: 'uint8', bytes: 1, view: (...place) => new Uint8Array(...place) }],
  ['BOOL', { dtype: 'bool', bytes: 1, view: (...place) => new Uint8Array(...place) }],
]);

const codes: ReadonlyMap<DType, string> = new Map([...layouts].map(([code, { dtype }]) => [dtype, String(code)]));

/** Whether the format has a word for these elements; it has none for texts. */
export function hasCode(dtype: DType): boolean {
  return codes.has(dtype);
}

/**
 * Reads a file. The data of a tensor is a view of the body where it lies so that this is possible, else a copy.
 * @throws ServiceError `MALFORMED_BODY`.
 */
export function parseSafetensors(body: Uint8Array, headerLimitBytes: number): Safetensors {
  const header = parseHeader(body, headerLimitBytes);
  const data = body.subarray(8 + header.length);
  const metadata = toMetadata(header.entries.get(metadataName));
  header.entries.delete(metadataName);
  const places = Array.from(header.entries, ([name, entry]) => toPlace(name, entry));
  // JSON.parse takes the last of two keys that are the same, and other readers may take the first.
  const members = places.length * 4 + (metadata ? 1 + metadata.size : 0);
  if (members !== header.members) refuse('has the same key twice in its header');
  assertSeamless(places, data.length);
  assertFewEmpty(places);
  return { tensors: places.map((place) => toTensor(place, data)), metadata: metadata ?? new Map() };
}

/** How long a file says that its header is; undefined where it is too short to say so. */
export function saidHeaderBytes(body: Uint8Array): number | undefined {
  if (body.length < 8) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, 8);
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}

interface Header {
  /** In bytes. */
  readonly length: number;
  readonly entries: Map<string, unknown>;
  /** How many keys its text has. */
  readonly members: number;
}

function parseHeader(body: Uint8Array, limitBytes: number): Header {
  const length = saidHeaderBytes(body);
  if (length === undefined)
    return refuse(`has ${body.length} bytes, but begins with 8 that say how long its header is`);
  if (length > limitBytes) refuse(`says that its header has ${length} bytes, but it may have ${limitBytes} at most`);
  if (length > body.length - 8) refuse(`says that its header has ${length} bytes, but only ${body.length - 8} follow`);
  const bytes = body.subarray(8, 8 + length);
  if (bytes[0] !== openingBrace) refuse('has a header that does not begin with "{"');
  const header = parseJson(bytes, headerDepth, 'the header of the binary frame') as object; // it begins with a brace
  const entries = new Map(Object.entries(header));
  const count = entries.size - (entries.has(metadataName) ? 1 : 0);
  if (count > maxTensors) refuse(`has ${count} tensors, but may have ${maxTensors} at most`);
  return { length, entries, members: countMembers(bytes) };
}

const headerDepth = 3; // the header, an entry, its lists
const openingBrace = 0x7b;
const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** How many keys valid JSON has. */
function countMembers(json: Uint8Array): number {
  let count = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) isText = !isText;
    else if (!isText && byte === colon) count++;
    else if (isText && byte === backslash) at++;
  }
  return count;
}

function toMetadata(entry: unknown): Map<string, string> | undefined {
  if (entry === undefined) return undefined;
  const pairs = Object.entries(isRecord(entry) ? entry : {});
  if (!isRecord(entry) || pairs.some(([, text]) => typeof text !== 'string')) {
    refuse(`has under "${metadataName}" something else than an object of texts`);
  }
  return new Map(pairs as [string, string][]);
}

interface Place {
  readonly name: string;
  readonly layout: Layout;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function toPlace(name: string, entry: unknown): Place {
  const wrong = (problem: string): never => refuse(`has for ${show(name)} ${problem}`);
  if (!isRecord(entry)) return wrong('no object with dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets, ...others } = entry;
  const [other] = Object.keys(others);
  if (other !== undefined) wrong(`the key ${show(other)}, but may only have dtype, shape and data_offsets`);
  const layout = layouts.get(dtype);
  if (!layout) return wrong(`the dtype ${show(dtype)}, but must have one of ${[...layouts.keys()].join(', ')}`);
  if (!isSizes(shape)) return wrong('a shape that is no list of sizes');
  if (!isSizes(offsets) || offsets.length !== 2) return wrong('data_offsets that are not two places in the data');
  const [begin = 0, end = 0] = offsets;
  const bytes = shape.reduce((size, length) => size * length, layout.bytes);
  if (end - begin !== bytes) {
    wrong(`${end - begin} bytes of data, but ${bytes} are needed for ${dtype} in the shape [${shape.join(', ')}]`);
  }
  return { name, layout, shape, begin, end };
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0));
}

/** Every byte belongs to one tensor: nothing is hidden, and nothing is read twice. */
function assertSeamless(places: readonly Place[], length: number): void {
  let at = 0;
  for (const { name, begin, end } of places.toSorted((one, other) => one.begin - other.begin || one.end - other.end)) {
    if (begin !== at) refuse(`has the data of ${show(name)} at ${begin}, but what is before it ends at ${at}`);
    at = end;
  }
  if (at !== length) refuse(`has ${length} bytes of data, but its tensors take ${at}`);
}

// Of a tensor without elements a few bytes say how many arrays its JSON has.
const maxEmptyArrays = 2 ** 20;

function assertFewEmpty(places: readonly Place[]): void {
  const empty = places.filter(({ begin, end }) => begin === end);
  const arrays = empty.reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * (length || 1), 1), 0);
  if (arrays > maxEmptyArrays)
    refuse(`has tensors without elements in ${arrays} rows, but may have ${maxEmptyArrays} at most`);
}

function toTensor({ name, layout, shape, begin, end }: Place, data: Uint8Array): NamedTensor {
  const bytes = data.subarray(begin, end);
  const isAligned = bytes.byteOffset % layout.bytes === 0;
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes); // of a Buffer, `slice` is no copy
  const values = layout.view(buffer, byteOffset, bytes.length / layout.bytes);
  if (layout.dtype === 'bool') assertBools(name, values as Uint8Array);
  return { name, dtype: layout.dtype, shape, data: values };
}

function assertBools(name: string, values: Uint8Array): void {
  // `findIndex` takes eleven times as long, and there may be a hundred million.
  for (let at = 0; at < values.length; at++) {
    if ((values[at] as number) > 1) refuse(`has ${values[at]} in ${show(name)}[${at}], but BOOL is 0 or 1`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refuse(problem: string): never {
  throw new ServiceError('MALFORMED_BODY', { problem: `the binary frame ${problem}` });
}

/** Writes a file as its pieces: the header, and the tensors without a copy of their data. */
export function printSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  // The widest first: then each lies so that a reader need not copy it.
  const ordered = tensors.toSorted((one, other) => widthOf(other) - widthOf(one));
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[metadataName, metadata]] : [];
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { name, dtype, shape, data } of ordered) {
    const { buffer, byteOffset, byteLength } = data as Exclude<TensorData[DType], readonly string[]>; // none of texts
    header.push([name, { dtype: codes.get(dtype), shape, data_offsets: [at, at + byteLength] }]);
    pieces.push(new Uint8Array(buffer, byteOffset, byteLength));
    at += byteLength;
  }
  return [toHead(JSON.stringify(Object.fromEntries(header))), ...pieces];
}

function widthOf({ dtype }: NamedTensor): number {
  return layouts.get(codes.get(dtype))?.bytes ?? 0;
}

function toHead(header: string): Uint8Array {
  const bytes = new TextEncoder().encode(header);
  const head = new Uint8Array(8 + Math.ceil(bytes.length / 8) * 8).fill(0x20); // spaces up to a multiple of 8
  head.set(bytes, 8);
  const view = new DataView(head.buffer);
  view.setUint32(0, head.length - 8, true);
  view.setUint32(4, 0, true);
  return head;
}
