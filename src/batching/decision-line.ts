/** What a batcher tells of what it does, for a log of one line of JSON each: what came, what was sent, what was refused. */
import type { SendReason } from './decide.ts';

/** What a request is, in so far as it decides with which others it goes. Its kind is told by a hash: it may be anybody's data. */
interface RequestFacts {
  readonly items: number;
  /** How long its caller waits, from when it came. */
  readonly forMs: number;
  readonly priority: number;
  readonly kindHash: number;
  readonly bucket: number;
}

/** One thing that happened. Times are in milliseconds, from any beginning. */
export type DecisionLine =
  /** What the batcher is bound by: the first line, and once more for each batcher after it. */
  | { readonly event: 'start'; readonly maxBatchSize: number; readonly maxWaitMs: number }
  /** A request waits from now on. */
  | ({ readonly event: 'arrival'; readonly atMs: number; readonly id: number } & RequestFacts)
  /** One was refused at the door. */
  | ({ readonly event: 'refusal'; readonly atMs: number } & RequestFacts)
  /** One that waited was given up: it could no longer be answered in time. */
  | { readonly event: 'doomed'; readonly atMs: number; readonly id: number }
  /** One went away, or its time was up, before all of it was sent. */
  | { readonly event: 'left'; readonly atMs: number; readonly id: number }
  /** A batch was sent, with so many items of each of these requests. */
  | {
      readonly event: 'batch';
      readonly atMs: number;
      readonly number: number;
      readonly pieces: readonly (readonly [id: number, items: number])[];
      readonly reason: SendReason;
      readonly bucket: number;
      readonly slots: number;
      readonly predictedMs: number;
    }
  /** It ended; without `ranMs` it failed. */
  | { readonly event: 'end'; readonly atMs: number; readonly number: number; readonly ranMs?: number };

const facts = ['items', 'forMs', 'priority', 'kindHash', 'bucket'] as const;
const numbersOf: { readonly [event in DecisionLine['event']]: readonly string[] } = {
  start: ['maxBatchSize', 'maxWaitMs'],
  arrival: ['atMs', 'id', ...facts],
  refusal: ['atMs', ...facts],
  doomed: ['atMs', 'id'],
  left: ['atMs', 'id'],
  batch: ['atMs', 'number', 'bucket', 'slots', 'predictedMs'],
  end: ['atMs', 'number'],
};

/**
 * Reads one line of a log.
 * @throws Error whose message says what is wrong with it.
 */
export function parseDecisionLine(text: string): DecisionLine {
  const line = parseJson(text);
  const { event } = line;
  if (typeof event !== 'string' || !Object.hasOwn(numbersOf, event)) {
    const wanted = Object.keys(numbersOf).join(', ');
    throw new Error(`its event is ${JSON.stringify(event) ?? 'missing'}, which is none of ${wanted}`);
  }
  for (const name of numbersOf[event as DecisionLine['event']]) {
    if (typeof line[name] !== 'number')
      throw new Error(`its ${name} is ${JSON.stringify(line[name]) ?? 'missing'}, but must be a number`);
  }
  const { pieces, ranMs } = line;
  if (event === 'batch' && !(Array.isArray(pieces) && pieces.every(isPiece))) {
    throw new Error('its pieces must be an array of pairs: a request, and how many items of it');
  }
  if (ranMs !== undefined && typeof ranMs !== 'number') throw new Error('its ranMs must be a number');
  return line as unknown as DecisionLine; // as looked at above
}

function isPiece(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number');
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON'); // what JSON.parse says of it helps nobody
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no JSON object');
  return value as Readonly<Record<string, unknown>>; // looked at above
}

/** Tells kinds apart without saying what they are: FNV-1a over 32 bits. */
export function hashKind(kind: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < kind.length; at++) hash = Math.imul(hash ^ kind.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
