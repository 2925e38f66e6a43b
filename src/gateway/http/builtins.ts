/** The paths that the server itself answers: health, readiness, schema, metrics. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../errors.ts';
import type { RequestMetrics } from '../../observe/metrics.ts';
import { writeError } from './write.ts';

/** What the built-in paths tell of. */
interface BuiltinState {
  readonly path: string;
  readonly isReady: boolean;
  readonly isStopping: boolean;
  /** `/schema.json`; undefined while the service starts. */
  readonly schema: string | undefined;
  readonly metrics: RequestMetrics;
}

/** Answers one built-in path. */
export type Builtin = (request: IncomingMessage, response: ServerResponse, state: BuiltinState) => void;

// Answered here and now: a worker that is busy, blocked or gone must not keep a probe waiting.
export const builtins: { readonly [path: string]: Builtin } = Object.assign(Object.create(null), {
  '/livez': get((response) => writePlain(response, 200, 'text/plain; charset=utf-8', '\n')),
  '/healthz': get((response) => writePlain(response, 200, 'text/plain; charset=utf-8', '\n')),
  '/readyz': get((response, { isReady, isStopping }) => {
    if (isReady && !isStopping) return writePlain(response, 200, 'text/plain; charset=utf-8', '\n');
    writeError(response, isStopping ? new ServiceError('STOPPING', {}) : new ServiceError('NOT_READY', {}), {});
  }),
  '/schema.json': get((response, { schema }) => {
    if (schema !== undefined) return writePlain(response, 200, 'application/json', schema);
    writeError(response, new ServiceError('NOT_READY', {}), {});
  }),
  '/metrics': get((response, { metrics }) => {
    metrics.expose().then(
      ({ text, mediaType }) => writePlain(response, 200, mediaType, text),
      (error: unknown) => writeError(response, error, {}),
    );
  }),
});

function get(answer: (response: ServerResponse, state: BuiltinState) => void): Builtin {
  return (request, response, state) => {
    request.resume();
    if (request.method === 'GET' || request.method === 'HEAD') return answer(response, state);
    refuseMethod(request, response, state.path, ['GET', 'HEAD']);
  };
}

/** Answers 405, naming what is allowed. */
export function refuseMethod(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  allowed: readonly string[],
): void {
  const allow = allowed.join(', ');
  writeError(response, new ServiceError('METHOD_NOT_ALLOWED', { path, allow, method: request.method ?? '' }), {
    allow,
  });
}

function writePlain(response: ServerResponse, status: number, mediaType: string, text: string): void {
  response.writeHead(status, { 'content-type': mediaType, 'content-length': String(Buffer.byteLength(text)) });
  response.end(text);
}
