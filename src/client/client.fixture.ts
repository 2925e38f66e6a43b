/** A small HTTP service that tests call, and a clock that they move. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.ts';

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Seen[];
  /** Emits `request` with what was seen, and `left` when a caller closes before its answer is complete. */
  readonly events: EventEmitter;
  /** How many requests a path has had. */
  count(path: string): number;
}

/** Starts a server on a free port. */
export async function startServer(answer: (response: ServerResponse, seen: Seen) => void): Promise<TestServer> {
  const requests: Seen[] = [];
  const events = new EventEmitter();
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) events.emit('left', request.url);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set, so these are buffers
    const { method = '', url = '', headers } = request;
    const bytes = Buffer.concat(chunks);
    const seen = { method, path: url, headers, body: bytes.toString(), bytes: new Uint8Array(bytes) };
    requests.push(seen);
    answer(response, seen);
    events.emit('request', seen);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server has no other kind of address
    requests,
    events,
    count: (path) => requests.filter((seen) => seen.path === path).length,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** One method of a test service. */
export interface TestMethod {
  /** Names of the parameters in order; a question mark at the end makes one optional. */
  readonly parameters?: readonly string[];
  readonly input?: unknown;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly answer: (response: ServerResponse, seen: Seen) => void;
}

/** Writes the schema of some methods, with routes below a prefix. */
export function schemaOf(methods: Readonly<Record<string, TestMethod>>, prefix = ''): string {
  const routes = Object.entries(methods).map(([name, { parameters = [], input, output = {} }]) => ({
    name,
    route: `${prefix}/${name}`,
    batchable: false,
    input: input ?? {
      type: 'object',
      properties: Object.fromEntries(parameters.map((parameter) => [parameter.replace('?', ''), {}])),
      required: parameters.filter((parameter) => !parameter.endsWith('?')),
    },
    output,
    is_task: false,
  }));
  return JSON.stringify({ name: 'Demo', type: 'service', routes, paths: {} });
}

/** Starts a service that is ready at once. */
export function startService(methods: Readonly<Record<string, TestMethod>>, prefix = ''): Promise<TestServer> {
  return startServer((response, seen) => {
    if (seen.path === `${prefix}/readyz`) return response.end('\n');
    if (seen.path === `${prefix}/schema.json`) return response.end(schemaOf(methods, prefix));
    const method = methods[seen.path.slice(prefix.length + 1)];
    if (method) return method.answer(response, seen);
    return response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not Found');
  });
}

/** Answers with JSON. */
export function json(value: unknown): (response: ServerResponse) => void {
  return (response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  };
}

/** Never answers. */
export function silence(): void {}

/** Opens an answer of Server-Sent Events as our server marks it. */
export function openSse(response: ServerResponse): ServerResponse {
  return response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-bentoml-stream': 'sse',
    'x-bentoml-request-id': 'f00d',
  });
}

/** A method that streams strings as Server-Sent Events. */
export function sseMethod(answer: (response: ServerResponse, seen: Seen) => void): TestMethod {
  return {
    output: { type: 'string', is_stream: true, media_type: 'text/event-stream' },
    answer: (response, seen) => answer(openSse(response), seen),
  };
}

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Lets time pass and fires what is due, in order. */
  advance(ms: number): void;
  /** Timers that have neither fired nor been stopped. */
  readonly pending: number;
  /** Emits `timer` with the delay whenever one is set. */
  readonly events: EventEmitter;
}

export function createManualClock(): ManualClock {
  let now = 0;
  const timers = new Set<{ dueMs: number; callback: () => void }>();
  const events = new EventEmitter();
  return {
    events,
    nowMs: () => now,
    dateMs: () => now,
    get pending() {
      return timers.size;
    },
    after(delayMs, callback) {
      const timer = { dueMs: now + delayMs, callback };
      timers.add(timer);
      events.emit('timer', delayMs);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.dueMs - b.dueMs)) {
        if (timer.dueMs <= now && timers.delete(timer)) timer.callback();
      }
    },
  };
}

/** Collects a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
