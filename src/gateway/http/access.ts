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

/** Starts watching; `endpoint` is a route of the table, never a path that a caller made up. */
export function watchRequest(
  request: IncomingMessage,
  response: ServerResponse,
  facts: { readonly path: string; readonly endpoint: string; readonly trace: Trace },
  deps: AccessDeps,
): void {
  const startedMs = performance.now();
  if (facts.path !== '/metrics') deps.metrics.begin(facts.endpoint);
  response.once('close', () => {
    const durationMs = performance.now() - startedMs;
    // 499 as nginx writes it: the caller left before it had the answer.
    const status = response.writableFinished ? response.statusCode : 499;
    if (facts.path !== '/metrics') deps.metrics.end(facts.endpoint, status, durationMs / 1000);
    if (unloggedPaths.has(facts.path)) return;
    deps.log('info', toLine(request, response, facts.path, status, durationMs), {
      trace: facts.trace.traceId,
      requestId: facts.trace.spanId,
      service: deps.serviceName,
    });
  });
}

function toLine(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  status: number,
  durationMs: number,
): string {
  const { remoteAddress = '_', remotePort = '' } = request.socket;
  const { 'content-type': type = '', 'content-length': length = '' } = request.headers;
  const sentType = response.getHeader('content-type') ?? '';
  const sentLength = response.getHeader('content-length') ?? '';
  return (
    `${remoteAddress}:${remotePort} (scheme=http,method=${request.method},path=${path},type=${type},length=${length}) ` +
    `(status=${status},type=${sentType},length=${sentLength}) ${durationMs.toFixed(3)}ms`
  );
}
