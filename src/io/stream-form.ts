/** How the items of a stream are written, in each of the ways that callers ask for. */
import type { ErrorBody } from '../errors.ts';
import type { Offer } from './accept.ts';
import { type AnswerForm, encodeItem, jsonAnswer } from './answer.ts';
import { frameKinds, toFrame } from './frames.ts';
import type { Schema } from './io-type.ts';
import { envelopeOf } from './io-types.ts';
import { endEvent, toErrorEvent, toItemEvent } from './server-sent-events.ts';

/** One way of writing streams; shared code never asks which one it holds. */
export interface StreamForm extends Offer {
  /** Empty where the method says it. */
  readonly mediaType: string;
  /** Of `x-bentoml-stream`, by which our client knows it. */
  readonly mark?: string;
  /** Whether a chunk of HTTP says where an item ends; else several may share one. */
  readonly isChunkAnItem: boolean;
  /** Whether the bytes say themselves that nothing is missing: then HTTP may end in good order after a failure, too. */
  readonly saysItsEnd: boolean;
  /** Whether the head goes out before there is an item. */
  readonly isHeadFirst?: boolean;
  /** What comes after the last item. */
  readonly end: string | Uint8Array;
  /** The last words of a stream that failed; empty where it is only cut. */
  failure(body: ErrorBody): string | Uint8Array;
  /** Of the forms in which items can be answered, the one in which this takes them. */
  itemForm(forms: readonly [AnswerForm, ...AnswerForm[]]): AnswerForm;
  /** How items of a schema are written. */
  createWriter(itemForm: AnswerForm, schema: Schema): (item: unknown) => string | Uint8Array;
}

/** As clients of the reference read streams: a string as it is, bytes as they are, anything else as JSON. */
export const chunks: StreamForm = {
  mediaType: 'text/event-stream; charset=utf-8', // those clients expect it
  isChunkAnItem: true,
  saysItsEnd: false,
  end: '',
  failure: () => '',
  itemForm: ([first]) => first,
  createWriter(itemForm, schema) {
    const open = opener(schema);
    return (item) => encodeItem(itemForm, open(item)) as string | Uint8Array; // the first form never writes in pieces
  },
};

/** Server-Sent Events: each item is one, and the last is `end` or `error`. */
export const events: StreamForm = {
  mediaType: 'text/event-stream; charset=utf-8',
  isByName: true,
  mark: 'sse',
  isChunkAnItem: false,
  saysItsEnd: true,
  end: endEvent,
  failure: toErrorEvent,
  itemForm: () => jsonAnswer,
  createWriter: () => toItemEvent,
};

/** Names of the form that has a line of JSON for each item. */
export const lineMediaTypes = ['application/x-ndjson', 'application/jsonl'] as const;

/** Name of the form of frames. */
export const framesMediaType = 'application/vnd.bentots.frames';

const recordSeparator = '\u001e'; // no JSON text has one: no line of an item can be taken for the last words

/** One line of JSON for each item. */
const lines = (mediaType: string): StreamForm => ({
  mediaType,
  isByName: true,
  isChunkAnItem: false,
  saysItsEnd: false,
  end: '',
  failure: (body) => `${recordSeparator}${JSON.stringify(body)}\n`,
  itemForm: () => jsonAnswer,
  createWriter(_, schema) {
    const open = opener(schema);
    return (item) => `${JSON.stringify(open(item)) ?? 'null'}\n`;
  },
});

/** Frames of known length, in which bytes stay bytes. */
const frames: StreamForm = {
  mediaType: framesMediaType,
  isByName: true,
  isChunkAnItem: false,
  saysItsEnd: true,
  end: toFrame(frameKinds.end, ''),
  failure: (body) => toFrame(frameKinds.error, JSON.stringify(body)),
  itemForm: (forms) =>
    forms.find(({ takes, keeps, frameKind }) => (takes || keeps) && frameKind !== undefined) ?? jsonAnswer,
  createWriter(itemForm, schema) {
    const open = opener(schema);
    const { frameKind = frameKinds.json } = itemForm;
    return (item) => toFrame(frameKind, encodeItem(itemForm, open(item)));
  },
};

/** The body of a `Response`, whose media type it says itself. */
export const asSent: StreamForm = {
  ...chunks,
  mediaType: '',
  isHeadFirst: true,
  createWriter: () => (piece) => piece as Uint8Array, // the output check lets nothing else through
};

/** All of them, first the one for callers who ask for none. */
export const streamForms: readonly [StreamForm, ...StreamForm[]] = [
  chunks,
  events,
  ...lineMediaTypes.map(lines),
  frames,
];

/** Only Server-Sent Events tell what is around an item. */
function opener(schema: Schema): (item: unknown) => unknown {
  const envelope = envelopeOf(schema)?.envelope;
  return envelope ? (item) => envelope.open(item as never) : (item) => item; // packed by that type
}
