/** Positional arguments → the body of a request. */
import type { AnswerForm } from '../io/answer.ts';
import { toDisposition } from '../io/content-disposition.ts';
import { pack } from '../io/crossing.ts';
import { toJson } from '../io/to-json.ts';
import { assertJson } from './check-json.ts';
import { createItemStream, type ItemStream } from './item-stream.ts';
import { type FormField, toForm, toUpload, type Upload } from './multipart.ts';
import type { Parameter, RemoteMethod, RootForm } from './service-schema.ts';

/** What `fetch` sends, again and again if it has to. */
export type Content = string | Uint8Array<ArrayBuffer> | Blob;

/** A body that is ready to be sent. */
export interface RequestBody {
  /** What says how to read it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined where nothing was given, or it comes item by item. */
  readonly content: Content | undefined;
  readonly stream?: ItemStream;
}

/** How arguments may be sent. */
export interface SendOptions {
  /** Whether a body may be sent while it comes. */
  canStream(): boolean;
  /** Is told what an argument throws that gives items. */
  onFailure(error: unknown): void;
  /** Aborts when nobody wants the body any more. */
  readonly signal: AbortSignal;
}

/**
 * Maps arguments to the method's parameters by their order; `undefined` is left out. Answers with a promise only where
 * the bytes of a file, or the items of a sequence that is sent as an array, have to be waited for.
 *
 * @throws TypeError if there are too many, a required one is missing, or one cannot be written as JSON.
 */
export function toBody(
  method: RemoteMethod,
  args: readonly unknown[],
  options: SendOptions,
): RequestBody | Promise<RequestBody> {
  const { name, parameters, root, inflow } = method;
  if (args.length > parameters.length) {
    const names = parameters.map((parameter) => parameter.name).join(', ');
    throw new TypeError(`${name} takes ${parameters.length} arguments (${names}), but got ${args.length}`);
  }
  const isRaw = root === 'bytes' || root === 'file';
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.isRequired && args[index] === undefined) {
      throw new TypeError(`${name}: the argument "${parameter.name}" is missing (position ${index + 1})`);
    }
    if (!isRaw) assertJson(args[index] ?? null, parameter.name);
  }
  if (root && isRaw) return toRootBody(name, root, args[0]);
  const items = inflow && args[inflow.at];
  if (inflow && isAsyncIterable(items) && options.canStream()) return toStream(method, items, inflow, args, options);
  const uploads = root ? undefined : findUploads(parameters, args);
  const packed = packArguments(args, (at) => uploads?.has(at) === true, options.signal);
  const finish = (ready: unknown) => write(method, ready, uploads);
  return packed instanceof Promise ? packed.then(finish) : finish(packed);
}

/** Those that are not left out; items are asked for as long as they are wanted. */
function packArguments(args: readonly unknown[], isLeftOut: (at: number) => boolean, signal: AbortSignal): unknown {
  return pack(
    args.map((arg, at) => (isLeftOut(at) ? undefined : isAsyncIterable(arg) ? whileWanted(arg, signal) : arg)),
  );
}

async function* whileWanted(items: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<unknown> {
  for await (const item of items) {
    signal.throwIfAborted();
    yield item;
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The other arguments go first, since the method begins with them. */
async function toStream(
  { parameters }: RemoteMethod,
  items: AsyncIterable<unknown>,
  { at, form }: NonNullable<RemoteMethod['inflow']>,
  args: readonly unknown[],
  { onFailure, signal }: SendOptions,
): Promise<RequestBody> {
  const others = toJson(await packArguments(args, (index) => index === at, signal)) as readonly unknown[]; // an array stays one
  const named = Object.fromEntries(parameters.map((parameter, index) => [parameter.name, others[index]]));
  const name = parameters[at]?.name ?? '';
  const stream = createItemStream({
    items,
    form,
    others: parameters.length > 1 ? JSON.stringify(named) : undefined,
    async toJson(item, index) {
      assertJson(item ?? null, `${name}[${index}]`);
      return JSON.stringify(toJson(await pack(item ?? null)));
    },
    onFailure,
  });
  return { headers: { 'content-type': stream.contentType }, content: undefined, stream };
}

/** Files by the position of their argument, if all that stands where files are described can be uploaded. */
function findUploads(parameters: readonly Parameter[], args: readonly unknown[]): Map<number, Upload[]> | undefined {
  const uploads = new Map<number, Upload[]>();
  for (const [at, { filePlace }] of parameters.entries()) {
    const value = args[at] ?? undefined; // null is no file
    if (filePlace === undefined || value === undefined) continue;
    const files = (filePlace === 'list' && Array.isArray(value) ? value : [value]).map(toUpload);
    if (files.length === 0) continue;
    if (!files.every((file) => file !== undefined)) return undefined;
    uploads.set(at, files);
  }
  return uploads.size > 0 ? uploads : undefined;
}

function write(
  { name, parameters, root, binaryInput }: RemoteMethod,
  packed: unknown,
  uploads: ReadonlyMap<number, readonly Upload[]> | undefined,
): RequestBody {
  const toFields = (args: unknown) =>
    Object.fromEntries(parameters.map((parameter, index) => [parameter.name, (args as readonly unknown[])[index]])); // an array stays one
  if (binaryInput && !uploads) {
    const kept = toJson(packed, binaryInput.keeps) as readonly unknown[]; // an array stays one
    const body = toBinaryBody(binaryInput, root ? kept[0] : toFields(kept));
    if (body) return body;
  }
  const args = toJson(packed) as readonly unknown[]; // an array stays one
  if (root) return toRootBody(name, root, args[0]);
  if (uploads) return writeForm(parameters, args, uploads);
  if (args.every((arg) => arg === undefined)) return nothing; // an empty body means all defaults, to every server
  return toJsonBody(toFields(args));
}

/** What is less is as good in JSON, which people can read. */
const leastBinaryBytes = 1024;

function toBinaryBody({ encode, mediaType }: AnswerForm, value: unknown): RequestBody | undefined {
  const [head = new Uint8Array(), ...data] = encode(value as never) as readonly Uint8Array[]; // of forms that keep parts as they are
  const dataBytes = data.reduce((sum, { length }) => sum + length, 0);
  if (dataBytes <= leastBinaryBytes) return undefined;
  const content = new Uint8Array(head.length + dataBytes);
  let end = 0;
  for (const piece of [head, ...data]) {
    content.set(piece, end);
    end += piece.length;
  }
  return { headers: { 'content-type': mediaType }, content };
}

/** Texts are quoted like all other JSON: servers in Python would take `12` for a number, whatever is declared. */
function writeForm(
  parameters: readonly Parameter[],
  args: readonly unknown[],
  uploads: ReadonlyMap<number, readonly Upload[]>,
): RequestBody {
  const fields = parameters.flatMap(({ name, filePlace }, at): FormField[] => {
    const files = uploads.get(at);
    if (files) return files.map((value) => ({ name, value }));
    const arg = args[at];
    const isAbsent = arg === undefined || (filePlace !== undefined && arg === null);
    return isAbsent ? [] : [{ name, value: { text: JSON.stringify(arg) } }];
  });
  const { contentType, content } = toForm(fields);
  return { headers: { 'content-type': contentType }, content };
}

const nothing: RequestBody = { headers: {}, content: undefined };

function toJsonBody(value: unknown): RequestBody {
  return { headers: { 'content-type': 'application/json' }, content: JSON.stringify(value) };
}

function toRootBody(name: string, root: RootForm, value: unknown): RequestBody {
  if (value === undefined) return nothing;
  if (root === 'json') return toJsonBody(value);
  if (root === 'file') return toFileBody(name, value);
  if (typeof value === 'string') return { headers: { 'content-type': 'text/plain' }, content: value };
  if (root === 'text') throw new TypeError(`${name} takes a text as its whole body, but got ${typeName(value)}`);
  const headers = { 'content-type': 'application/octet-stream' };
  if (value instanceof Uint8Array) return { headers, content: value as Uint8Array<ArrayBuffer> }; // what fetch sends
  if (value instanceof ArrayBuffer) return { headers, content: new Uint8Array(value) };
  throw new TypeError(`${name} takes a Uint8Array as its whole body, but got ${typeName(value)}`);
}

function toFileBody(method: string, value: unknown): RequestBody {
  const upload = toUpload(value);
  if (!upload) throw new TypeError(`${method} takes a file as its whole body, but got ${typeName(value)}`);
  if ('url' in upload) return { headers: { 'content-type': 'text/plain' }, content: upload.url };
  const { content, name } = upload;
  return {
    headers: {
      'content-type': content.type || 'application/octet-stream',
      'content-disposition': toDisposition('application/octet-stream', name),
    },
    content,
  };
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
