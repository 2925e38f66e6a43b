/** Every error that bentots raises, as one table, with its answer on HTTP and gRPC. */

interface ErrorRow {
  /** HTTP status of the answer; start-up errors never reach a caller and keep 500. */
  readonly http: number;
  /** gRPC status code of the answer. */
  readonly grpc: GrpcStatus;
  /** Whether sending the same request again may succeed. */
  readonly retry: boolean;
  /** The sentence; `{name}` is filled from the parameters, and leaving one out does not compile. */
  readonly message: string;
}

type GrpcStatus =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

const row = <const Message extends string>(http: number, grpc: GrpcStatus, retry: boolean, message: Message) => ({
  http,
  grpc,
  retry,
  message,
});

/** The table. Codes are part of the public API: clients compare with them. */
export const errorTable = {
  // A caller's mistake.
  BAD_REQUEST: row(400, 'INVALID_ARGUMENT', false, 'the HTTP request could not be read: {problem}'),
  MALFORMED_BODY: row(400, 'INVALID_ARGUMENT', false, '{problem}'),
  INVALID_INPUT: row(400, 'INVALID_ARGUMENT', false, '{problem}'),
  URL_REFUSED: row(400, 'INVALID_ARGUMENT', false, '{url} is not fetched: {problem}'),
  URL_FAILED: row(400, 'INVALID_ARGUMENT', false, '{url} could not be fetched: {problem}'),
  NOT_FOUND: row(404, 'NOT_FOUND', false, '{what} is not here; {remedy}'),
  METHOD_NOT_ALLOWED: row(405, 'UNIMPLEMENTED', false, '{path} answers {allow}, not {method}'),
  REQUEST_TIMEOUT: row(408, 'DEADLINE_EXCEEDED', true, 'the request was not received within {limitMs} ms'),
  ITEM_TIMEOUT: row(408, 'DEADLINE_EXCEEDED', true, 'no item of the body came for {limitMs} ms'),
  READER_SLOW: row(
    408,
    'DEADLINE_EXCEEDED',
    true,
    'the stream was not read for {heldMs} ms while others of its batch had to wait for it; read faster',
  ),
  BODY_TOO_LARGE: row(413, 'RESOURCE_EXHAUSTED', false, 'the body is larger than the limit of {limitBytes} bytes'),
  ITEM_TOO_LARGE: row(413, 'RESOURCE_EXHAUSTED', false, '{where} is longer than the limit of {limitBytes} bytes'),
  TOO_MANY_ITEMS: row(413, 'RESOURCE_EXHAUSTED', false, 'the body has more than {limit} items'),
  FORM_TOO_LARGE: row(413, 'RESOURCE_EXHAUSTED', false, 'the form has {problem}, which is more than is read'),
  UNSUPPORTED_MEDIA_TYPE: row(415, 'INVALID_ARGUMENT', false, '{mediaType} is not accepted; {remedy}'),
  UNSUPPORTED_ENCODING: row(
    415,
    'INVALID_ARGUMENT',
    false,
    'the body is compressed in a way that is not read ({encoding}); send it plain, or in one or two of {accepted}',
  ),
  RANGE_INVALID: row(416, 'INVALID_ARGUMENT', false, 'the range {range} begins after the {size} bytes that there are'),
  EXPECTATION_FAILED: row(
    417,
    'INVALID_ARGUMENT',
    false,
    'the expectation "{expectation}" cannot be met; leave the Expect header out',
  ),
  HEADERS_TOO_LARGE: row(431, 'RESOURCE_EXHAUSTED', false, 'the request headers are larger than {limitBytes} bytes'),
  CONCURRENCY_EXCEEDED: row(
    429,
    'RESOURCE_EXHAUSTED',
    true,
    '{service} works on {limit} requests already, which is as many as it may; try again later',
  ),
  RATE_LIMITED: row(
    429,
    'RESOURCE_EXHAUSTED',
    true,
    '{owner} takes {requestsPerSecond} requests a second from {from}, and there were more; try again later',
  ),
  CANCELLED: row(499, 'CANCELLED', true, 'the caller left before the answer was ready'),

  // Too much, too late, or not now.
  QUEUE_FULL: row(503, 'RESOURCE_EXHAUSTED', true, 'the queue of {service} is full ({limit} waiting); try again later'),
  OVERLOADED: row(
    503,
    'RESOURCE_EXHAUSTED',
    true,
    'the request would be answered after some {answerMs} ms, but is given only {timeoutMs}; try again later',
  ),
  MEMORY_LOW: row(503, 'RESOURCE_EXHAUSTED', true, 'the server is short of memory; try again later'),
  SPOOL_FAILED: row(503, 'RESOURCE_EXHAUSTED', true, 'the server cannot keep a file that large now; try again later'),
  WORKER_LOST: row(503, 'UNAVAILABLE', true, 'the worker that ran the call ended before it answered; try again'),
  CRASH_LOOP: row(
    503,
    'UNAVAILABLE',
    true,
    '{missing} of {count} workers of {service} are missing, since they end again and again: {times} times in a row so far, the last time because {problem}; {next}',
  ),
  NOT_READY: row(503, 'UNAVAILABLE', true, 'the service is not ready; try again later'),
  NOT_ALIVE: row(
    503,
    'UNAVAILABLE',
    true,
    'the service is not alive, and new workers are none the better; restart the server',
  ),
  STOPPING: row(503, 'UNAVAILABLE', true, 'the server is stopping; try another one'),
  TIMEOUT: row(504, 'DEADLINE_EXCEEDED', true, 'no answer within {timeoutMs} ms'),

  // Between a client and its server: no server answered, or not to the end.
  CONNECTION_FAILED: row(502, 'UNAVAILABLE', true, '{problem}'),
  RESPONSE_CUT: row(502, 'UNAVAILABLE', true, '{problem}'),
  RESPONSE_INVALID: row(502, 'INTERNAL', false, '{problem}'),

  // The author's method, or a broken promise of ours. Nothing from inside goes into these sentences.
  API_ERROR: row(500, 'UNKNOWN', false, '{message}'),
  METHOD_FAILED: row(500, 'UNKNOWN', false, 'the method failed; the server log says why'),
  OUTPUT_INVALID: row(
    500,
    'INTERNAL',
    false,
    'the method returned a value that does not fit its declared type; the server log says where',
  ),
  INTERNAL: row(500, 'INTERNAL', false, 'an unexpected error has occurred; the server log says more'),

  // Before anything is served: seen by the operator or the author, never by a caller.
  OPTION_UNKNOWN: row(500, 'FAILED_PRECONDITION', false, '{where}: there is no option "{name}"{nearest}'),
  OPTION_INVALID: row(500, 'FAILED_PRECONDITION', false, '{where}: {name} is {seen}, but must be {wanted}'),
  ARGUMENT_INVALID: row(500, 'FAILED_PRECONDITION', false, '{problem}'),
  SERVICE_INVALID: row(500, 'FAILED_PRECONDITION', false, '{problem}'),
  TARGET_MISSING: row(500, 'FAILED_PRECONDITION', false, '{target}: {problem}'),
  SERVICE_MISSING: row(500, 'FAILED_PRECONDITION', false, 'no service found in {file}; {remedy}'),
  SERVICE_AMBIGUOUS: row(
    500,
    'FAILED_PRECONDITION',
    false,
    '{file} has several services: {names}; choose one, for example {example}',
  ),
  COPY_MISMATCH: row(
    500,
    'FAILED_PRECONDITION',
    false,
    '{what} bentots {version} in {folder}, {problem}; this is bentots {ownVersion} in {ownFolder}; {remedy}',
  ),
  SOURCE_BROKEN: row(500, 'FAILED_PRECONDITION', false, '{file} could not be loaded: {problem}'),
  TYPE_UNSUPPORTED: row(500, 'FAILED_PRECONDITION', false, '{problem}'),
  MODEL_MISSING: row(500, 'FAILED_PRECONDITION', false, 'the model of {service}.{field} is missing: {problem}'),
  MODEL_FILE_MISSING: row(500, 'FAILED_PRECONDITION', false, '{loader} cannot open {place}: {problem}'),
  PEER_MISSING: row(
    500,
    'FAILED_PRECONDITION',
    false,
    '{what} needs the package {package}, which is not installed; run: npm install {package}',
  ),
  METRIC_INVALID: row(500, 'FAILED_PRECONDITION', false, 'the metric {name} {problem}'),
  START_FAILED: row(500, 'FAILED_PRECONDITION', false, '{service} did not start: {problem}'),
  PORT_UNAVAILABLE: row(500, 'FAILED_PRECONDITION', false, 'cannot listen on {address}: {problem}'),
  BENTOFILE_INVALID: row(500, 'FAILED_PRECONDITION', false, '{place}: {problem}'),
  LOCKFILE_MISMATCH: row(
    500,
    'FAILED_PRECONDITION',
    false,
    '{lockfile} does not fit {manifest}: {problem}; run {install}, and build again',
  ),
  BUILD_FAILED: row(500, 'FAILED_PRECONDITION', false, 'cannot build {folder}: {problem}'),
  BUILDER_UNAVAILABLE: row(500, 'FAILED_PRECONDITION', false, '{builder} cannot make an OCI image here: {problem}'),
  IMAGE_FAILED: row(500, 'FAILED_PRECONDITION', false, 'cannot make an OCI image of {bento}: {problem}'),
  BENTO_UNSERVABLE: row(500, 'FAILED_PRECONDITION', false, '{bento} cannot be served: {problem}'),
  TAG_INVALID: row(500, 'FAILED_PRECONDITION', false, '{tag} is no tag: {problem}'),
  STORE_ITEM_MISSING: row(500, 'FAILED_PRECONDITION', false, 'there is no {kind} {tag} in {store}; {remedy}'),
  STORE_ITEM_AMBIGUOUS: row(
    500,
    'FAILED_PRECONDITION',
    false,
    '{tag} may be any of the {kind}s {versions}; write more of the version',
  ),
  STORE_ITEM_EXISTS: row(500, 'FAILED_PRECONDITION', false, 'there is a {kind} {tag} in {store} already; {remedy}'),
  STORE_ITEM_INVALID: row(500, 'FAILED_PRECONDITION', false, '{place}: {problem}'),
  STORE_ITEM_USED: row(500, 'FAILED_PRECONDITION', false, '{tag} is needed by the bentos {bentos}; delete them first'),
  STORE_FAILED: row(500, 'FAILED_PRECONDITION', false, 'cannot {action}: {problem}'),
  REFERENCE_INVALID: row(500, 'FAILED_PRECONDITION', false, '{reference} names no OCI image or artifact: {problem}'),
  REGISTRY_DENIED: row(500, 'FAILED_PRECONDITION', false, '{registry}: {problem}'),
  REGISTRY_FAILED: row(500, 'FAILED_PRECONDITION', false, '{registry}: {problem}'),
  REGISTRY_ITEM_MISSING: row(
    500,
    'FAILED_PRECONDITION',
    false,
    'there is no {item} at {registry}; correct the name, or push it first',
  ),
  REGISTRY_TAG_TAKEN: row(500, 'FAILED_PRECONDITION', false, '{reference} is another {kind} already; {remedy}'),
  ARCHIVE_INVALID: row(500, 'FAILED_PRECONDITION', false, '{archive}: {problem}'),
  CONTROL_UNAVAILABLE: row(500, 'FAILED_PRECONDITION', false, 'cannot use {folder}: {problem}'),
  SERVER_MISSING: row(500, 'FAILED_PRECONDITION', false, '{problem}'),
  SERVER_AMBIGUOUS: row(
    500,
    'FAILED_PRECONDITION',
    false,
    'several servers are running: {servers}; choose one, for example {example}',
  ),
  WATCH_FAILED: row(500, 'FAILED_PRECONDITION', false, 'cannot watch {folder}: {problem}'),
} as const satisfies Record<string, ErrorRow>;

/** One of the codes of the error table, for example `'QUEUE_FULL'`. */
export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

type Params<Code extends ErrorCode> = Record<Placeholders<(typeof errorTable)[Code]['message']>, string | number>;

/** One thing that is wrong with an input or an output. */
export interface Violation {
  /** Where, as keys and indexes from the outermost value, for example `['items', 3, 'price']`. */
  readonly loc: readonly (string | number)[];
  /** What was wanted and what was seen. */
  readonly msg: string;
  /** The rule that was broken, for example `required` or `maximum`. */
  readonly type: string;
}

interface ErrorExtras {
  /** Single violations, at most 100. */
  readonly detail?: readonly Violation[];
  readonly cause?: unknown;
}

interface ServiceErrorExtras extends ErrorExtras {
  /** When the same request may be worth another try, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

// Two copies of bentots can meet in one process, each with classes of its own: their errors know each other by this mark.
const markKey: symbol = Symbol.for('bentots.error/1');

function mark(error: Error, kind: 'service' | 'api'): void {
  Object.defineProperty(error, markKey, { value: kind });
}

// What `instanceof` asks; a class that an author derives has no mark of its own, and instances as any class has them.
function isInstance(errorClass: object, kind: 'service' | 'api' | undefined, value: unknown): boolean {
  if (kind === undefined) return Function.prototype[Symbol.hasInstance].call(errorClass as never, value);
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[markKey] === kind;
}

/** An error that bentots raises itself; its code is a row of the table. */
export class ServiceError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ServiceError';
  readonly code: Code;
  readonly detail: readonly Violation[];
  /** When the same request may be worth another try, in milliseconds; undefined where nobody knows. */
  readonly retryAfterMs: number | undefined;

  /** Holds for errors of every copy of bentots. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: for a class derived from this one, `this` is that class
    return isInstance(this, this === ServiceError ? 'service' : undefined, value);
  }

  constructor(code: Code, params: Params<Code>, extras: ServiceErrorExtras = {}) {
    const filled = errorTable[code].message.replace(/\{(\w+)\}/g, (_, name: string) =>
      String((params as Record<string, string | number>)[name]),
    );
    super(filled, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.code = code;
    this.detail = extras.detail ?? [];
    this.retryAfterMs = extras.retryAfterMs;
    mark(this, 'service');
  }
}

/** Whether a value is a {@link ServiceError}, narrowed to one code if that is given. */
export function isServiceError<Code extends ErrorCode>(error: unknown, code?: Code): error is ServiceError<Code> {
  return error instanceof ServiceError && (code === undefined || error.code === code);
}

/**
 * An error that an author raises for the caller: its message and status are answered as they are.
 * Anything else that a method throws is answered 500 without its text.
 *
 * @example
 * ```ts
 * throw new ApiError(422, 'the picture has no face in it', { code: 'NO_FACE' });
 * ```
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Upper-case word that clients can compare with. @default 'API_ERROR' */
  readonly code: string;
  readonly detail: readonly Violation[];

  /** Holds for errors of every copy of bentots. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: for a class derived from this one, `this` is that class
    return isInstance(this, this === ApiError ? 'api' : undefined, value);
  }

  /** @throws RangeError if the status is not an integer from 400 to 599. */
  constructor(status: number, message: string, extras: ErrorExtras & { readonly code?: string } = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    if (!isErrorStatus(status)) {
      throw new RangeError(`ApiError: the status is ${status}, but must be an integer from 400 to 599`);
    }
    this.status = status;
    this.code = extras.code ?? 'API_ERROR';
    this.detail = extras.detail ?? [];
    mark(this, 'api');
  }
}

/** The body of every error answer, on every door. */
export interface ErrorBody {
  /** The sentence. */
  readonly error: string;
  /** A row of the error table, or the author's own code. */
  readonly code: string;
  readonly detail: readonly Violation[];
}

/** What a caller is told about an error: an HTTP status and the body. */
export function toAnswer(error: unknown): {
  readonly status: number;
  readonly body: ErrorBody;
  readonly retry: boolean;
  readonly retryAfterMs?: number | undefined;
} {
  if (error instanceof ApiError) {
    const { status, message, code, detail } = error;
    return { status, body: { error: message, code, detail }, retry: status === 503 || status === 429 };
  }
  const known: ServiceError =
    error instanceof ServiceError && hasRow(error) ? error : new ServiceError('INTERNAL', {}, { cause: error });
  const { http, retry } = errorTable[known.code];
  const { message, code, detail, retryAfterMs } = known;
  return { status: http, body: { error: message, code, detail }, retry, retryAfterMs };
}

/** An error as plain data, for crossing a process border: error classes do not survive one. */
export interface ErrorRecord {
  readonly kind: 'service' | 'api' | 'other';
  readonly code: string;
  readonly status: number;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly detail: readonly Violation[];
  readonly cause?: ErrorRecord;
}

const maxCauses = 8; // a cause may point back at itself

/** Writes any thrown value down as plain data. */
export function toRecord(thrown: unknown, depth = 0): ErrorRecord {
  const error =
    thrown instanceof Error ? thrown : new Error(`a value that is no Error was thrown: ${describe(thrown)}`);
  const name = readText(() => error.name);
  const message = readText(() => error.message);
  const stack = readText(() => error.stack ?? `${name}: ${message}`);
  const base = { name, message, stack };
  const cause = error.cause === undefined || depth >= maxCauses ? {} : { cause: toRecord(error.cause, depth + 1) };
  if (isServiceError(error) && hasRow(error)) {
    return {
      ...base,
      ...cause,
      kind: 'service',
      code: error.code,
      status: errorTable[error.code].http,
      detail: plainDetail(error.detail),
    };
  }
  if (error instanceof ApiError) {
    return {
      ...base,
      ...cause,
      kind: 'api',
      code: String(error.code),
      status: error.status,
      detail: plainDetail(error.detail),
    };
  }
  return { ...base, ...cause, kind: 'other', code: 'METHOD_FAILED', status: 500, detail: [] };
}

/** Makes an error from its record; the stack is the one of where it was thrown. */
export function fromRecord(record: ErrorRecord): Error {
  const error = revive(record);
  error.stack = record.stack;
  if (record.cause) error.cause = fromRecord(record.cause);
  return error;
}

function revive(record: ErrorRecord): Error {
  if (record.kind === 'api' && isErrorStatus(record.status)) return new ApiError(record.status, record.message, record);
  if (record.kind === 'service' && Object.hasOwn(errorTable, record.code)) {
    const code = record.code as ErrorCode; // checked by the line above
    const error = new ServiceError(code, {} as Params<typeof code>, { detail: record.detail });
    error.message = record.message; // already filled in where it was raised
    return error;
  }
  return Object.assign(new Error(record.message), { name: record.name });
}

/** Another version of bentots in the same process may have codes that this one does not know. */
function hasRow(error: ServiceError): boolean {
  return Object.hasOwn(errorTable, error.code);
}

function isErrorStatus(status: unknown): boolean {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
}

/** Details as what their type promises: an author can put anything there. */
function plainDetail(detail: readonly Violation[]): Violation[] {
  if (!Array.isArray(detail)) return [];
  return detail.slice(0, 100).map(({ loc, msg, type }: Violation) => ({
    loc: [loc].flat().map((part) => (typeof part === 'number' ? part : describe(part))),
    msg: describe(msg),
    type: describe(type),
  }));
}

function readText(read: () => unknown): string {
  try {
    return describe(read());
  } catch {
    return 'unreadable'; // a getter of the author's that throws
  }
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return typeof thrown;
  }
}
