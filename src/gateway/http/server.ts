/** The HTTP door: finds what a request is for, runs the layers around it, answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fastify } from 'fastify';
import { serviceOptions } from '../../config/options.ts';
import { resolveOptions } from '../../config/resolve.ts';
import { ApiError, isServiceError, ServiceError, toAnswer } from '../../errors.ts';
import { chooseOffer } from '../../io/accept.ts';
import { type AnswerForm, answerFormsOf } from '../../io/answer.ts';
import type { FileOnDisk } from '../../io/file-content.ts';
import { asSent, streamForms } from '../../io/stream-form.ts';
import type { Exposition } from '../../observe/family.ts';
import type { ServerLog } from '../../observe/log.ts';
import type { ServerMetrics, ServiceMetrics } from '../../observe/server-metrics.ts';
import type { Generation } from '../../pool/generation.ts';
import type { Route } from '../../pool/route.ts';
import type { Spool } from '../../pool/spool.ts';
import type { RequestInfo, Trace } from '../../spec/invocation.ts';
import type { ServiceSpec } from '../../spec/service-spec.ts';
import { createBodyMemory } from '../bodies/body-memory.ts';
import type { BodyLimits } from '../bodies/body-reader.ts';
import { acceptedEncodings } from '../bodies/inflate.ts';
import { createDecodeThreads } from '../decode/decode-threads.ts';
import { loadLibrary } from '../load-library.ts';
import { createMemoryGuard } from '../memory-guard.ts';
import { createRateLimits, type RateLimits } from '../rate-limits.ts';
import { createTraceIds } from '../trace-ids.ts';
import { type AccessLog, createAccessLog, type WatchedRequest, watchRequest } from './access.ts';
import { builtins, isReading, refuseMethod } from './builtins.ts';
import { createCallerReader } from './caller.ts';
import { watchConnections } from './connections.ts';
import { createDocuments, type Documents } from './documents.ts';
import { createFilteredExpose } from './filtered-metrics.ts';
import { type HttpInflow, type InflowLimits, openInflow } from './inflow.ts';
import { type Arguments, type ReadDeps, readArguments } from './read.ts';
import { createSwaggerUi } from './swagger-ui.ts';
import { answerUnreadable } from './unreadable.ts';
import { cutIfUnread, type HeaderMap, writeError, writeItems, writeValue } from './write.ts';

/** Options of the door, resolved. */
export interface HttpOptions extends BodyLimits, InflowLimits {
  readonly host: string;
  readonly port: number;
  readonly decodeThreads: number;
  readonly headerLimitBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly trustedProxies: readonly string[];
  readonly memoryLimitRatio: number;
}

interface HttpDeps {
  readonly log: ServerLog;
  readonly metrics: ServerMetrics;
  /** Where files lie that are too large for memory. */
  readonly spool: Spool;
  /** The generation that a request with that path goes to; undefined while the first one starts. */
  generation(path: string): Generation | undefined;
  readonly isReady: () => boolean;
  readonly isStopping: () => boolean;
}

/** An open HTTP door. */
export interface HttpServer {
  readonly url: string;
  /** Has answers under way say that their connection ends with them, as those to come say while the server stops. */
  announceClose(): void;
  /** Refuses new connections; resolves when every answer under way has been sent. */
  close(): Promise<void>;
  /** Cuts every connection. */
  closeAll(): void;
}

const drainedUpToBytes = 64 * 1024; // a new connection would cost both sides more

// Node looks at overdue requests only every 30 s unless told.
const checkConnectionsEveryMs = 1000;

/**
 * Opens the door.
 * @throws ServiceError `PORT_UNAVAILABLE`.
 */
export async function openHttp(options: HttpOptions, deps: HttpDeps): Promise<HttpServer> {
  const openEnded = new WeakSet<Socket>(); // whose requests may take as long as they like, item by item
  const threads = options.decodeThreads === 0 ? undefined : createDecodeThreads(options);
  const handle = createHandler(options, { ...deps, threads }, openEnded);
  const app = fastify({
    logger: false,
    genReqId: () => '',
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: false, // connections.ts does it
    keepAliveTimeout: options.keepAliveTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    http: {
      headersTimeout: Math.min(options.headersTimeoutMs, options.requestTimeoutMs),
      connectionsCheckingInterval: checkConnectionsEveryMs,
      maxHeaderSize: options.headerLimitBytes,
      requireHostHeader: false, // refused below, with our body and in our log
    },
    clientErrorHandler(error, socket) {
      const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_HTTP_REQUEST_TIMEOUT';
      if (isTooLong && openEnded.has(socket)) return;
      // What follows a request that came in whole is no part of it: that one's answer comes first, and is not cut.
      connections.afterAnswers(socket, () => answerUnreadable(error, socket, options));
    },
    frameworkErrors: (error, _request, reply) => {
      reply.hijack();
      writeError(reply.raw, new ServiceError('BAD_REQUEST', { problem: error.message }), {});
    },
  });
  // Whatever is no route of a plugin is ours, and is taken over before Fastify looks at method or body: read.ts bounds
  // bodies by what they are for, and the routes hang on a generation.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    reply.hijack();
    handle(request.raw, reply.raw);
  });
  const connections = watchConnections(app.server);
  deps.metrics.countBytes(connections.bytes);
  app.server.on('request', (request, response) => connections.begin(request.socket, response));
  // Node would answer with an empty body.
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    connections.begin(request.socket, response);
    handle(request, response);
  });
  const address = `${options.host}:${options.port}`;
  const url = await app.listen({ host: options.host, port: options.port }).catch((cause: NodeJS.ErrnoException) => {
    throw new ServiceError('PORT_UNAVAILABLE', { address, problem: explainListen(cause) }, { cause });
  });
  return {
    url: url.replace('[::]', 'localhost').replace('//0.0.0.0', '//localhost'),
    announceClose: connections.announceClose,
    async close() {
      const closed = app.close();
      connections.closeWhenIdle();
      await closed;
      threads?.close();
    },
    closeAll: () => app.server.closeAllConnections(),
  };
}

/** What hangs on one generation, made once for it. */
interface View {
  readonly generation: Generation;
  readonly documents: Documents;
  readonly answerForms: ReadonlyMap<Route, readonly [AnswerForm, ...AnswerForm[]]>;
  readonly limits: RateLimits | undefined;
  readonly accessLog: AccessLog;
  /** Undefined where the service wants none. */
  readonly metrics: ServiceMetrics | undefined;
  expose(): Promise<Exposition>;
}

function createHandler(
  options: HttpOptions,
  deps: HttpDeps & Pick<ReadDeps, 'threads'>,
  openEnded: WeakSet<Socket>,
): (request: IncomingMessage, response: ServerResponse) => void {
  const traceIds = createTraceIds();
  const { callerOf, forwardedFor } = createCallerReader(options.trustedProxies);
  const memory = createMemoryGuard(options.memoryLimitRatio);
  const bodyMemory = createBodyMemory();
  const swaggerUi = createSwaggerUi();
  const defaultAccessLog = createAccessLog(resolveOptions(serviceOptions, {}, 'the defaults').logging.access);
  const views = new WeakMap<Generation, View>();
  let view: View | undefined; // of the request before

  const metricsOf = ({ name, settings }: ServiceSpec): ServiceMetrics | undefined =>
    settings.metrics.enabled ? deps.metrics.of({ name, ...settings.metrics }) : undefined;
  const viewFor = (path: string): View | undefined => {
    const generation = deps.generation(path);
    if (!generation || view?.generation === generation) return view;
    view = views.get(generation) ?? createView(generation, view);
    return view;
  };
  const createView = (generation: Generation, before: View | undefined): View => {
    const metrics = metricsOf(generation.spec);
    const { expose } = metrics ?? deps.metrics;
    const isFiltered = generation.spec.metricsFilter !== undefined;
    const view: View = {
      generation,
      documents: createDocuments(generation.spec),
      answerForms: new Map(
        [...generation.routes.values()].map((route) => [route, answerFormsOf(route.api.output.schema)]),
      ),
      limits: createRateLimits(generation.spec, before?.limits),
      accessLog: createAccessLog(generation.spec.settings.logging.access),
      metrics,
      expose: isFiltered ? createFilteredExpose(expose, generation.filterMetrics, deps.log) : expose,
    };
    for (const route of generation.routes.keys()) metrics?.requests.prepare(route);
    views.set(generation, view);
    return view;
  };

  return (request, response) => {
    const path = pathOf(request.url ?? '/');
    const now = viewFor(path);
    const trace = traceIds(single(request.headers.traceparent));
    const route = now?.generation.routes.get(path);
    const isOff = path === '/metrics' && now !== undefined && now.metrics === undefined;
    const builtin = isOff ? undefined : builtins[path];
    const endpoint = route || builtin ? path : '(unmatched)'; // never a path that a caller made up
    const watched = watchRequest(
      request,
      response,
      { path, trace },
      {
        log: deps.log,
        accessLog: now?.accessLog ?? defaultAccessLog,
        metrics: path === '/metrics' ? undefined : now?.metrics?.requests.endpoint(endpoint),
        serviceName: now?.generation.spec.name ?? '',
        forwardedFor,
      },
    );
    if (deps.isStopping()) response.setHeader('connection', 'close');
    cutIfUnread(response, now?.generation.spec.settings.traffic.timeoutMs ?? options.requestTimeoutMs);

    const refusal = unmetExpectation(request);
    if (refusal) {
      request.resume(); // whatever was sent is not for anyone
      return writeError(response, refusal, {});
    }
    // A method may have the route `/`, which is not known before the service has loaded.
    const isShared = route !== undefined || (now === undefined && path === '/');
    if (builtin && (isReading(request) || !isShared)) {
      const isReady = deps.isReady();
      const trouble = isReady ? undefined : now?.generation.trouble;
      const isAlive = now?.generation.isAlive ?? true;
      const isStopping = deps.isStopping();
      const { expose } = now ?? deps.metrics;
      return builtin(request, response, {
        path,
        isReady,
        trouble,
        isAlive,
        isStopping,
        documents: now?.documents,
        expose,
        swaggerUi,
      });
    }
    if (now && route && request.method === 'POST')
      return void call(now, route, request, response, { trace, path, watched });
    request.resume(); // whatever was sent is not for anyone
    if (!now) return writeError(response, new ServiceError('NOT_READY', {}), {});
    if (route) return refuseMethod(request, response, path, builtin ? ['GET', 'HEAD', 'POST'] : ['POST']);
    const methods = [...now.generation.routes.keys()].join(', ');
    writeError(
      response,
      new ServiceError('NOT_FOUND', { what: path.slice(0, 200), remedy: `there is ${methods}` }),
      {},
    );
  };

  async function call(
    now: View,
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    { trace, path, watched }: { readonly trace: Trace; readonly path: string; readonly watched: WatchedRequest },
  ): Promise<void> {
    const { generation } = now;
    const idleMs = generation.spec.settings.traffic.timeoutMs;
    const headers: HeaderMap = {
      server: `BentoML Service/${generation.spec.name}`,
      'x-bentoml-request-id': trace.spanId,
    };
    if (generation.spec.settings.http.response.traceId) headers['x-bentoml-trace-id'] = trace.traceId;
    let isDispatched = false;
    let inflow: HttpInflow | undefined;
    const letGo = generation.hold();
    const departure = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) departure.abort();
    });
    try {
      const caller = callerOf(request);
      const excess = now.limits?.refuse(route.api.name, caller, request.headers);
      if (excess) {
        headers['retry-after'] = String(Math.ceil((excess.retryAfterMs ?? 0) / 1000)); // known, and not guessed
        throw excess;
      }
      const timeoutMs = readTimeout(request, idleMs);
      inflow = route.inflow && openInflow(request, route, { limits: options, memory, idleMs: timeoutMs });
      if (inflow) openEnded.add(request.socket);
      const { args, files, batch, lent }: Arguments = inflow
        ? { args: await inflow.readOthers() }
        : await readArguments(request, route, {
            limits: options,
            memory,
            bodyMemory,
            spool: deps.spool,
            threads: deps.threads,
            signal: departure.signal,
          });
      if (files) removeAfter(response, files);
      const forms = now.answerForms.get(route) as readonly [AnswerForm, ...AnswerForm[]]; // every route has some
      const { accept } = request.headers;
      const { kind, batching } = route.api;
      const streamForm = kind === 'stream' ? chooseOffer(accept, streamForms) : asSent;
      const chosen = kind === 'unary' ? chooseOffer(accept, forms) : streamForm.itemForm(forms);
      const form = chosen.later ? chosen.later.open((await loadLibrary(chosen.later.needs)) as never) : chosen; // the one that it names
      if (kind === 'stream' || (kind === 'unary' && forms.length > 1)) headers.vary = 'Accept';
      const dispatched = generation.dispatch({
        service: generation.spec.name,
        method: route.api.name,
        args,
        ...(files && { files }),
        ...(batch && { batch }),
        ...(batching && batching.priorities.length > 0 && { priority: readPriority(request, batching.priorities) }),
        timeoutMs,
        signal: departure.signal,
        trace,
        caller,
        request: toRequestInfo(request, path, route.api.takesContext),
        answerForm: form.name,
        ...(inflow ? { inflow } : {}),
      });
      letGo(); // it is a call now, which the generation counts itself
      const outcome = await dispatched;
      isDispatched = true;
      if (outcome.kind === 'value') {
        // The worker has had the arguments, and nobody else will; of a call that ended otherwise that is not as certain.
        if (lent) bodyMemory.giveBack(lent);
        if (outcome.files) removeAfter(response, outcome.files);
        if (inflow) endUnreadBody(request, response, drainedUpToBytes);
        return await writeValue(response, outcome, headers, { form, idleMs, asked: request.headers });
      }
      await writeItems(response, outcome, headers, {
        form: streamForm,
        itemForm: form,
        schema: route.api.output.schema,
        idleMs,
        ...(inflow ? { inflow } : {}),
        onFailure(error) {
          count(now, error);
          logFailure(error, false, path, trace);
          if (!departure.signal.aborted) watched.failed(toAnswer(error).status);
        },
      });
    } catch (error) {
      letGo();
      count(now, error);
      logFailure(error, isDispatched, path, trace);
      if (response.destroyed || response.headersSent) return void response.destroy();
      if (isServiceError(error, 'UNSUPPORTED_ENCODING')) headers['accept-encoding'] = acceptedEncodings;
      endUnreadBody(request, response, Math.min(drainedUpToBytes, options.jsonBodyLimitBytes));
      writeError(response, error, headers);
    } finally {
      if (inflow) {
        inflow.close();
        openEnded.delete(request.socket);
        drain(request, idleMs);
      }
    }
  }

  /** Files of callers and of workers are there until the answer has been sent, or will not be. */
  function removeAfter(response: ServerResponse, files: readonly Pick<FileOnDisk, 'path'>[]): void {
    if (response.closed) deps.spool.remove(files);
    else response.once('close', () => deps.spool.remove(files));
  }

  /** By codes of the table: an author may make up as many as there are requests. */
  function count({ metrics }: View, error: unknown): void {
    const { code } = error instanceof ApiError ? { code: 'API_ERROR' } : toAnswer(error).body;
    metrics?.requests.failed(code);
  }

  /** The dispatcher has logged what the author's code did; what comes after it, or is no known error, is logged here. */
  function logFailure(error: unknown, isDispatched: boolean, path: string, trace: Trace): void {
    const { code } = toAnswer(error).body;
    if (code !== 'INTERNAL' && !(isDispatched && code === 'OUTPUT_INVALID')) return;
    const known = error instanceof Error ? error : new Error(String(error));
    const { message, stack } = known.cause instanceof Error ? known.cause : known;
    deps.log('error', `${path}: ${message}`, { stack, requestId: trace.spanId });
  }
}

/** What Node would have refused with an empty body: RFC 9110 section 10.1.1 and RFC 9112 section 3.2. */
function unmetExpectation({ headers, httpVersion }: IncomingMessage): ServiceError | undefined {
  const { expect } = headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    return new ServiceError('EXPECTATION_FAILED', { expectation: expect.slice(0, 40) });
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return new ServiceError('BAD_REQUEST', { problem: `it says HTTP/${httpVersion}, and HTTP/1.1 is spoken here` });
  }
  if (headers.host === undefined && httpVersion === '1.1') {
    return new ServiceError('BAD_REQUEST', { problem: 'it has no Host header' });
  }
  return undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function readTimeout(request: IncomingMessage, longestMs: number): number {
  const text = single(request.headers['x-request-timeout-ms']);
  if (text === undefined) return longestMs;
  const given = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || given <= 0) {
    const problem = `x-request-timeout-ms is ${JSON.stringify(text.slice(0, 40))}, but must be a number of milliseconds above 0`;
    throw new ServiceError('INVALID_INPUT', { problem });
  }
  return Math.min(given, longestMs);
}

/** Higher goes first; whoever says none of the words goes last. */
function readPriority({ headers }: IncomingMessage, words: readonly string[]): number {
  const at = words.indexOf(single(headers['x-priority']) ?? '');
  return at < 0 ? 0 : words.length - at;
}

function toRequestInfo(request: IncomingMessage, path: string, isWanted: boolean): RequestInfo {
  if (!isWanted) return { headers: {}, path };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { headers, path };
}

// A body that nobody reads would make the next request on the connection unreadable: a small one is thrown away.
function endUnreadBody(request: IncomingMessage, response: ServerResponse, drainedUpToBytes: number): void {
  if (request.complete) return;
  request.resume(); // a caller that is still sending would otherwise see a reset instead of the answer
  if (Number(request.headers['content-length'] ?? Number.NaN) <= drainedUpToBytes) return;
  response.setHeader('connection', 'close');
}

/** Throws away what is left of a body whose answer has been given; the connection ends with it where that is much, or slow. */
function drain(request: IncomingMessage, idleMs: number): void {
  if (request.complete || request.destroyed) return;
  let leftBytes = drainedUpToBytes;
  const { socket } = request;
  const late = setTimeout(() => socket.destroy(), idleMs);
  request.once('close', () => clearTimeout(late));
  request.once('end', () => clearTimeout(late));
  request.on('data', (chunk: Buffer) => {
    const isTooMuch = leftBytes >= 0 && leftBytes < chunk.length;
    leftBytes -= chunk.length;
    if (isTooMuch) socket.destroySoon(); // once
  });
  request.resume();
}

function pathOf(url: string): string {
  // The absolute form, as proxies send it: RFC 9112 section 3.2.2.
  if (!url.startsWith('/')) return URL.parse(url)?.pathname ?? url;
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function explainListen(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE')
    return 'the port is taken by another program; choose another one with --port, or 0 for any';
  if (error.code === 'EACCES') return 'this user may not listen on that port; choose one above 1023 with --port';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine does not have that address; choose another one with --host';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return 'the host name is not known; choose another one with --host';
  return error.message;
}
