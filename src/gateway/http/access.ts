/** Watches one request from its first byte to its last: access log, metrics, and whether the caller left. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerLog } from '../../observe/log.ts';
import { toPlainText } from '../../observe/plain-text.ts';
import type { EndpointMetrics } from '../../observe/request-metrics.ts';
import type { Trace } from '../../spec/invocation.ts';
import type { AccessLogSettings } from '../../spec/service-spec.ts';

/** What of requests goes into the log. */
export interface AccessLog {
  /** Whether requests of a path have a line. */
  tellsOf(path: string): boolean;
  readonly settings: AccessLogSettings;
}

/** Reads the settings once. */
export function createAccessLog(settings: AccessLogSettings): AccessLog {
  const skipped = new Set(settings.skipPaths);
  return { settings, tellsOf: (path) => settings.enabled && !skipped.has(path) };
}

interface AccessDeps {
  readonly log: ServerLog;
  readonly accessLog: AccessLog;
  /** Undefined for what is not counted. */
  readonly metrics: EndpointMetrics | undefined;
  readonly serviceName: string;
  /** The address of a caller who comes through a proxy that is trusted. */
  forwardedFor(request: IncomingMessage): string | undefined;
}

/** A request that is being watched. */
export interface WatchedRequest {
  /** Says that an answer which had begun is cut by us, and with what status it would have been refused. */
  failed(status: number): void;
}

/** Starts watching. */
export function watchRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { path, trace }: { readonly path: string; readonly trace: Trace },
  deps: AccessDeps,
): WatchedRequest {
  const startedMs = performance.now();
  const { remoteAddress = '_', remotePort = '' } = request.socket; // gone once the connection is
  const forwardedFor = deps.forwardedFor(request);
  const client = forwardedFor === undefined ? `${remoteAddress}:${remotePort}` : `${forwardedFor}:0`; // as uvicorn says it
  let failedWith: number | undefined;
  deps.metrics?.begin();
  response.once('close', () => {
    const durationMs = performance.now() - startedMs;
    // 499 as nginx writes it: the caller left before it had the answer.
    const status = failedWith ?? (response.writableFinished ? response.statusCode : 499);
    deps.metrics?.end(status, durationMs, Date.now());
    if (!deps.accessLog.tellsOf(path)) return;
    const { requestPart, answerPart } = toParts(request, response, path, status, deps.accessLog.settings);
    deps.log('info', `${client} ${requestPart} ${answerPart} ${durationMs.toFixed(3)}ms`, {
      trace: trace.traceId,
      requestId: trace.spanId,
      sampled: trace.isSampled,
      service: deps.serviceName,
    });
  });
  return {
    failed(status) {
      failedWith = status;
    },
  };
}

function toParts(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  path: string,
  status: number,
  settings: AccessLogSettings,
): { readonly requestPart: string; readonly answerPart: string } {
  let requestPart = `(scheme=http,method=${method},path=${toField(path)}`;
  if (settings.requestContentType) requestPart += `,type=${toField(headers['content-type'] ?? '')}`;
  if (settings.requestContentLength) requestPart += `,length=${headers['content-length'] ?? ''}`;
  let answerPart = `(status=${status}`;
  if (settings.responseContentType) answerPart += `,type=${response.getHeader('content-type') ?? ''}`;
  if (settings.responseContentLength) answerPart += `,length=${response.getHeader('content-length') ?? ''}`;
  return { requestPart: `${requestPart})`, answerPart: `${answerPart})` };
}

const longestField = 2000;

/** What a caller wrote, unable to pass for another part of the line. */
function toField(text: string): string {
  if (/^[\w/.~%:;=+ -]*$/.test(text) && text.length <= longestField) return text;
  return toPlainText(text.slice(0, longestField)).replace(/[(),\n\t]/g, encodeURIComponentStrictly);
}

function encodeURIComponentStrictly(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}
