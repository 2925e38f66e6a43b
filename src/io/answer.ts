/** The forms in which a whole answer is written, and read again by a client: text, bytes, files, JSON. */
import type { Offer } from './accept.ts';
import { bytes, contentOf, isBytes, wrapBytes } from './bytes.ts';
import { toDisposition } from './content-disposition.ts';
import { blob, type FileFields, file } from './file.ts';
import { formMediaType, type Piece, writeForm } from './form-data.ts';
import { frameKinds } from './frames.ts';
import { image } from './image.ts';
import { type IoType, ioKeyword, type Schema } from './io-type.ts';
import { ioTypeOf, isParcelOf } from './io-types.ts';
import type { LibraryName } from './libraries.ts';
import { safetensorsMediaType } from './safetensors.ts';
import type { TableRow } from './table.ts';
import { type Arrow, writeArrow } from './table-arrow.ts';
import { writeCsv } from './table-csv.ts';
import { columnsOf, table } from './table-type.ts';
import { mayHoldTensors, readTensorFrame, writeTensorFrame } from './tensor-frame.ts';
import { tensor } from './tensor-type.ts';

/**
 * One way of writing answers; shared code never asks which one it holds. Its media type is that of every answer in this
 * form, or a range of them where the value decides.
 */
export interface AnswerForm extends Offer {
  /** Tells it from the others. */
  readonly name: string;
  /** Whether it writes values of this schema. */
  matches(schema: Schema): boolean;
  /**
   * For forms that write values as they crossed: whether this is one. Without it the form takes JSON that was checked
   * against the schema.
   */
  readonly takes?: (crossing: unknown) => boolean;
  /** Kinds of parcels that it writes itself; everything else in a value is JSON. */
  readonly keeps?: readonly string[];
  /** Kinds of parcels that it writes from disk where their bytes lie there. */
  readonly onDisk?: readonly string[];
  /** Whether a caller may ask for a part of an answer. */
  readonly hasRanges?: boolean;
  /** Of one answer, where the value or its body decides. */
  readonly mediaTypeOf?: (value: never, body: AnswerBody) => string;
  /** Of one answer, beside its media type; names in lower case. */
  readonly headersOf?: (value: never) => Readonly<Record<string, string>>;
  /** The body, or its pieces in order. */
  encode(value: never): AnswerBody;
  /** For forms in which items can stand in frames: of which kind these are. */
  readonly frameKind?: number;
  /** For forms that cannot write before a library is loaded: which one, and the form that then can. */
  readonly later?: { readonly needs: LibraryName; open(library: never): AnswerForm };
}

/** A form that our client reads, too. */
export interface ReadableForm extends AnswerForm {
  /** The value in the form in which it crosses, or JSON. */
  decode(body: Uint8Array<ArrayBuffer>, mediaType: string, schema: Schema): unknown;
}

/** The bytes of an answer; those of files may lie on disk. */
export type AnswerBody = string | Piece | readonly Piece[];

/** A declared `string` is answered without quotes: clients of the reference read it so. */
export const textAnswer: ReadableForm = {
  name: 'text',
  matches: (schema) => schema.type === 'string' && schema[ioKeyword] === undefined,
  mediaType: 'text/plain; charset=utf-8',
  encode: String,
  // A leading U+FEFF belongs to a text that an author wrote.
  decode: (body) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(body),
};

/** Bytes are answered as they are. */
const bytesAnswer: ReadableForm = {
  name: 'bytes',
  matches: (schema) => schema[ioKeyword] === bytes.name && schema.type === 'string', // null is no bytes
  takes: (crossing) => isBytes(crossing) || isParcelOf(bytes, crossing),
  onDisk: [bytes.name],
  mediaType: 'application/octet-stream',
  frameKind: frameKinds.bytes,
  encode: contentOf,
  decode: (body, _, schema) => wrapBytes(body, schema),
};

/** A file is answered as its bytes, with its own media type. @param others types of which every value is one of this type, too. */
function fileAnswer(type: IoType, mediaType: string, ...others: readonly IoType[]): ReadableForm {
  const { name } = type;
  const kinds = [type, ...others];
  return {
    name,
    mediaType,
    matches: (schema) => schema[ioKeyword] === name,
    takes: (crossing) => kinds.some((kind) => isParcelOf(kind, crossing)),
    onDisk: kinds.map((kind) => kind.name),
    hasRanges: true,
    mediaTypeOf: ([, { type }]: readonly [RegExp, FileFields]) => type || 'application/octet-stream',
    headersOf: ([, { type, name }]: readonly [RegExp, FileFields]) => ({
      'content-disposition': toDisposition(type, name),
      'x-content-type-options': 'nosniff', // a caller's file is not what a browser makes of it
    }),
    encode: ([, fields]: readonly [RegExp, FileFields]) => fields.content,
    decode: (body, type) => [new RegExp(name), { content: body, type, name: undefined } satisfies FileFields],
  };
}

/** Everything that JSON can say, compact. */
export const jsonAnswer: ReadableForm = {
  name: 'json',
  matches: () => true,
  mediaType: 'application/json',
  frameKind: frameKinds.json,
  encode: (value: unknown) => JSON.stringify(value) ?? 'null',
  decode: (body) => JSON.parse(new TextDecoder().decode(body)), // a leading U+FEFF never belongs to JSON
};

/** Tensors are had as they lie in memory, with JSON for what is beside them. */
const tensorsAnswer: ReadableForm = {
  name: 'tensors',
  matches: mayHoldTensors,
  mediaType: safetensorsMediaType,
  isByName: true,
  keeps: [tensor.name],
  frameKind: frameKinds.safetensors,
  encode: writeTensorFrame,
  decode: (body) => readTensorFrame(body, true, unbounded),
};

// Of a server that a client has chosen.
const unbounded = { headerLimitBytes: Number.POSITIVE_INFINITY, jsonDepthLimit: 1000 };
/** Tables are had as CSV or Arrow, too, by callers who name one; the columns are those that are declared. */
function tableAnswers(schema: Schema): readonly AnswerForm[] {
  const common = { matches: isTableSchema, isByName: true };
  const names = columnsOf(schema);
  const arrow = { ...common, name: 'arrow', mediaType: 'application/vnd.apache.arrow.stream', encode: refuseToEncode };
  const withArrow = (library: Arrow): AnswerForm => ({
    ...arrow,
    encode: (rows: readonly TableRow[]) => writeArrow(rows, schema, library, names),
  });
  return [
    {
      ...common,
      name: 'csv',
      mediaType: 'text/csv; charset=utf-8',
      encode: (rows: readonly TableRow[]) => writeCsv(rows, names),
    },
    { ...arrow, later: { needs: 'apache-arrow', open: withArrow } },
  ];
}

function isTableSchema(schema: Schema): boolean {
  return schema[ioKeyword] === table.name && [schema.type].flat().includes('object');
}

function refuseToEncode(): never {
  throw new TypeError('a library is missing that has to be loaded first');
}

const fileKinds = [file.name, blob.name, image.name];

/** Several files, or files beside other things, are parts of a form. */
const formAnswer: AnswerForm = {
  name: 'form',
  matches: (schema) => !fileKinds.includes(String(schema[ioKeyword])) && mayHold(fileKinds, schema),
  mediaType: 'multipart/form-data',
  isByName: true,
  keeps: fileKinds,
  onDisk: fileKinds,
  mediaTypeOf: (_, pieces) => formMediaType(pieces as readonly Piece[]),
  encode: writeForm,
};

function mayHold(kinds: readonly string[], schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { [ioKeyword]: kind } = schema as Schema;
  return (
    (typeof kind === 'string' && kinds.includes(kind)) || Object.values(schema).some((part) => mayHold(kinds, part))
  );
}

const forms: readonly AnswerForm[] = [
  textAnswer,
  bytesAnswer,
  fileAnswer(file, '*/*'),
  fileAnswer(blob, '*/*', file),
  fileAnswer(image, 'image/*'),
  jsonAnswer,
  tensorsAnswer,
  formAnswer,
];

/** The forms in which values of a schema can be answered, first the one for callers who ask for none. JSON is always one. */
export function answerFormsOf(schema: Schema): readonly [AnswerForm, ...AnswerForm[]] {
  const matching = [
    ...forms.filter((form) => form.matches(schema)),
    ...(isTableSchema(schema) ? tableAnswers(schema) : []),
  ];
  return matching as [AnswerForm, ...AnswerForm[]]; // JSON takes everything
}

/** The form in which values of a schema are answered to callers who ask for none. */
export function chooseAnswerForm(schema: Schema): ReadableForm {
  return answerFormsOf(schema)[0] as ReadableForm; // as those are that need not be asked for
}

/** How a body is written that is a value of this schema as a whole: text, bytes and files as they are, anything else as JSON. */
export function wholeBodyForm(schema: Schema): 'text' | 'bytes' | 'file' | 'json' {
  if (schema[ioKeyword] === bytes.name) return 'bytes';
  if (ioTypeOf(schema)?.ready?.kinds.includes(file.name)) return 'file';
  return textAnswer.matches(schema) ? 'text' : 'json';
}

/** The bytes of one item of a stream. */
export function encodeItem({ encode }: AnswerForm, item: unknown): string | Uint8Array | readonly Uint8Array[] {
  return encode(item as never) as string | Uint8Array | readonly Uint8Array[]; // checked for this form; and items cross in memory
}
