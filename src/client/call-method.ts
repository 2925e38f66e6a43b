/** One call of one method, from its arguments to its answer. */
import { type Content, type RequestBody, toBody } from './arguments.ts';
import type { BaseUrl } from './base-url.ts';
import { CallError, isCallError, withTries } from './call-error.ts';
import { pause } from './clock.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { Directory } from './directory.ts';
import { createItemDecoder } from './item-decoder.ts';
import { createItemSource } from './item-source.ts';
import type { CallSettings } from './options.ts';
import { type Answer, createPendingCall, type PendingCall } from './pending-call.ts';
import { readValue } from './read-body.ts';
import { decideRetryMs, type RetryBudget } from './retry.ts';
import type { RemoteMethod, ServiceSchema } from './service-schema.ts';
import { untilAborted } from './shared-flight.ts';
import { send, type Transport } from './transport.ts';
import type { Upload } from './upload-progress.ts';

/** What all calls to one server share. */
export interface Connection {
  readonly transport: Transport;
  readonly base: BaseUrl;
  readonly directory: Directory;
  readonly retryBudget: RetryBudget;
  /** How a call tells its progress, by whether it streams its answer; `undefined` where nothing can. */
  uploadFor(isStream: boolean): Upload | undefined;
  /** Whether bodies can be sent while they come. */
  canStream(): boolean;
  /** From 0 to 1. */
  random(): number;
}

interface Call {
  readonly connection: Connection;
  readonly settings: CallSettings;
  readonly args: readonly unknown[];
  readonly deadline: Deadline;
  /** Written once for all tries: what an argument gives item by item, it gives once. */
  body?: RequestBody;
}

/** Calls a method; the request leaves in the same turn if the schema is known. */
export function callMethod(
  connection: Connection,
  settings: CallSettings,
  name: string,
  args: readonly unknown[],
): PendingCall {
  const waiter = { method: name, url: connection.base.href };
  const deadline = createDeadline(connection.transport.clock, waiter, settings.timeoutMs, settings.signals);
  connection.retryBudget.earn();
  const answering = tryAgain({ connection, settings, args, deadline }, name).catch((error: unknown) => {
    deadline.dispose();
    throw error;
  });
  return createPendingCall(name, answering, deadline.cancel);
}

async function tryAgain(call: Call, name: string): Promise<Answer> {
  const { deadline, settings, connection } = call;
  for (let tries = 1; ; tries++) {
    try {
      return await answer(call, name);
    } catch (error) {
      const random = connection.random();
      const maxRetries = call.body?.stream?.hasBegun ? 0 : settings.maxRetries; // items come once
      const known = { error, tries, maxRetries, remainingMs: deadline.remainingMs(), random };
      const pauseMs = decideRetryMs(known);
      if (pauseMs === undefined || !connection.retryBudget.spend()) throw tellTries(error, tries);
      await pause(connection.transport.clock, pauseMs, deadline.signal).catch((reason: unknown) => {
        throw tellTries(reason, tries);
      });
    }
  }
}

function tellTries(error: unknown, tries: number): unknown {
  return tries > 1 && isCallError(error) ? withTries(error, tries) : error;
}

async function answer(call: Call, name: string): Promise<Answer> {
  call.deadline.signal.throwIfAborted();
  const { schema, method } = await find(call, name);
  try {
    return await post(call, method);
  } catch (error) {
    if (!isUnrouted(error) || call.body?.stream?.hasBegun) throw error;
    const { connection, settings, deadline } = call;
    const moved = await connection.directory.findMoved(schema, method, settings.headers, deadline.signal);
    if (!moved) throw error;
    return await post(call, moved); // nothing has run yet: the first try found no route
  }
}

/** Whether a router said so: what a method answers has the id of its request. */
function isUnrouted(error: unknown): boolean {
  return isCallError(error, 'NOT_FOUND') && error.requestId === undefined;
}

/** A name that an old schema lacks may be in a new one, if the service was deployed again since. */
async function find(call: Call, name: string): Promise<{ schema: ServiceSchema; method: RemoteMethod }> {
  const { directory, base } = call.connection;
  const known = directory.known;
  let schema = known ?? (await directory.load(call.settings.headers, call.deadline.signal));
  if (known && !known.methods.has(name)) {
    schema = await directory.reload(known, call.settings.headers, call.deadline.signal);
  }
  const method = schema.methods.get(name);
  if (method) return { schema, method };
  const names = [...schema.methods.keys()].join(', ');
  throw new CallError(`${schema.name} at ${base.href} has no method "${name}"; it has ${names}`, {
    code: 'NOT_FOUND',
    url: base.href,
  });
}

async function post(call: Call, method: RemoteMethod): Promise<Answer> {
  const { deadline, settings } = call;
  const { url, isStream, isResponse, binaryOutput } = method;
  const { signal, fail } = deadline;
  const writing =
    call.body ?? toBody(method, call.args, { canStream: call.connection.canStream, onFailure: fail, signal });
  const body = writing instanceof Promise ? await untilAborted(writing, signal) : writing;
  const { stream } = body;
  if (stream && !call.body) {
    deadline.whenOver(() => stream.close(!deadline.signal.aborted));
    await untilAborted(stream.ready(), deadline.signal);
  }
  call.body = body;
  const headers = {
    ...settings.headers,
    ...body.headers,
    'x-request-timeout-ms': String(Math.max(1, Math.floor(deadline.remainingMs()))),
    ...(isStream && { accept: 'text/event-stream' }),
    ...(binaryOutput && { accept: `${binaryOutput.mediaType}, */*;q=0.5` }),
  };
  const init = { method: 'POST', headers, ...toInit(body) };
  const response = await send(withProgress(call, body.content, isStream || isResponse), url, init, deadline.signal);
  if (isResponse) {
    deadline.pause(); // the caller reads the body in its own time; its signal goes on to abort it
    return { kind: 'value', value: response };
  }
  if (isStream) {
    const source = createItemSource(response.body, createItemDecoder(response, method), deadline, url);
    return { kind: 'items', source };
  }
  const value = await readValue(response, method, deadline.signal);
  deadline.dispose();
  return { kind: 'value', value };
}

function toInit({ content, stream }: RequestBody): RequestInit {
  if (stream) return { body: stream.open(), duplex: 'half' } as RequestInit; // which the types of browsers lack
  return content === undefined ? {} : { body: content };
}

function withProgress(
  { connection: { transport, uploadFor }, settings: { onUploadProgress: onProgress } }: Call,
  content: Content | undefined,
  isStream: boolean,
): Transport {
  const upload = onProgress && content !== undefined ? uploadFor(isStream) : undefined;
  if (!upload || !onProgress || content === undefined) return transport;
  return { ...transport, fetch: (url, init) => upload({ url, init, content, onProgress }) };
}
