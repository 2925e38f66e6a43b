/** Watches one request from its first byte to its last: access log, metrics, and whether the caller left. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerLog } from '../../observe/log.ts';
import type { RequestMetrics } from '../../observe/metrics.ts';
import type { Trace } from '../../spec/invocation.ts';

interface AccessDeps {
  readonly log: ServerLog;
  readonly metrics: RequestMetrics;
  readonly serviceName: string;
}

// Probes come every few seconds from several sides and would drown the rest.
const unloggedPaths = new Set(['/livez', '/healthz', '/readyz', '/metrics']);

/** A request that is being watched. */
export interface WatchedRequest {
  /** Says that an answer which had begun is cut by us, and with what status it would have been refused. */
  failed(status: number): void;
}

/** Starts watching; `endpoint` is a route of the table, never a path that a caller made up. */
export function watchRequest(
  request: IncomingMessage,
  response: ServerResponse,
  facts: { readonly path: string; readonly endpoint: string; readonly trace: Trace },
  deps: AccessDeps,
): WatchedRequest {
  const startedMs = performance.now();
  const { remoteAddress = '_', remotePort = '' } = request.socket; // gone once the connection is
  let failedWith: number | undefined;
  if (facts.path !== '/metrics') deps.metrics.begin(facts.endpoint);
  response.once('close', () => {
    const durationMs = performance.now() - startedMs;
    // 499 as nginx writes it: the caller left before it had the answer.
    const status = failedWith ?? (response.writableFinished ? response.statusCode : 499);
    if (facts.path !== '/metrics') deps.metrics.end(facts.endpoint, status, durationMs / 1000);
    if (unloggedPaths.has(facts.path)) return;
    deps.log('info', toLine(request, response, `${remoteAddress}:${remotePort}`, facts.path, status, durationMs), {
      trace: facts.trace.traceId,
      requestId: facts.trace.spanId,
      service: deps.serviceName,
    });
  });
  return {
    failed(status) {
      failedWith = status;
    },
  };
}

function toLine(
  request: IncomingMessage,
  response: ServerResponse,
  peer: string,
  path: string,
  status: number,
  durationMs: number,
): string {
  const { 'content-type': type = '', 'content-length': length = '' } = request.headers;
  const sentType = response.getHeader('content-type') ?? '';
  const sentLength = response.getHeader('content-length') ?? '';
  return (
    `${peer} (scheme=http,method=${request.method},path=${path},type=${type},length=${length}) ` +
    `(status=${status},type=${sentType},length=${sentLength}) ${durationMs.toFixed(3)}ms`
  );
}
