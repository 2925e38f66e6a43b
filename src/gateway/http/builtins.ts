/** The paths that the server itself answers: health, readiness, metrics, documents, the page for people. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../errors.ts';
import { type Exposition, toOpenMetrics } from '../../observe/family.ts';
import { type Asset, writeAsset } from './asset.ts';
import type { Documents } from './documents.ts';
import { type SwaggerUi, swaggerUiFiles } from './swagger-ui.ts';
import { writeError } from './write.ts';

/** What the built-in paths tell of. */
interface BuiltinState {
  readonly path: string;
  readonly isReady: boolean;
  /** Why it is not, where there is more to say. */
  readonly trouble: ServiceError | undefined;
  readonly isAlive: boolean;
  readonly isStopping: boolean;
  /** Undefined while the service starts. */
  readonly documents: Documents | undefined;
  expose(): Promise<Exposition>;
  readonly swaggerUi: SwaggerUi;
}

/** Answers one built-in path. */
export type Builtin = (request: IncomingMessage, response: ServerResponse, state: BuiltinState) => void;

// Answered here and now: a worker that is busy, blocked or gone must not keep a probe waiting.
export const builtins: { readonly [path: string]: Builtin } = Object.assign(Object.create(null), {
  '/livez': get(tellLife),
  '/healthz': get(tellLife),
  '/readyz': get((_, response, { isReady, isStopping, trouble }) => {
    if (isReady && !isStopping) return writePlain(response, 200, 'text/plain; charset=utf-8', '\n');
    writeError(
      response,
      isStopping ? new ServiceError('STOPPING', {}) : (trouble ?? new ServiceError('NOT_READY', {})),
      {},
    );
  }),
  '/schema.json': get((_, response, { documents }) => {
    if (documents) return writePlain(response, 200, 'application/json', documents.schema);
    writeError(response, new ServiceError('NOT_READY', {}), {});
  }),
  '/docs.json': get((request, response, { documents }) => {
    if (documents) return writeAsset(request, response, documents.openApi());
    writeError(response, new ServiceError('NOT_READY', {}), {});
  }),
  '/metrics': get((request, response, { expose }) => {
    const accepts = request.headers.accept ?? '';
    expose().then(
      (exposition) => {
        const { text, mediaType } = prefersOpenMetrics(accepts) ? toOpenMetrics(exposition) : exposition;
        writePlain(response, 200, mediaType, text);
      },
      (error: unknown) => writeError(response, error, {}),
    );
  }),
  '/': getAsset((swaggerUi) => swaggerUi.page()),
  // A row for each file: what is no row is not served, however a path to it is written.
  ...Object.fromEntries(
    swaggerUiFiles.map((name) => [`/static_content/${name}`, getAsset((swaggerUi) => swaggerUi.file(name))]),
  ),
});

/** Prometheus asks for both, and writes the one first that it prefers. */
function prefersOpenMetrics(accepts: string): boolean {
  const at = accepts.indexOf('application/openmetrics-text');
  const plainAt = accepts.indexOf('text/plain');
  return at >= 0 && (plainAt < 0 || at < plainAt);
}

function tellLife(_: IncomingMessage, response: ServerResponse, { isAlive }: BuiltinState): void {
  if (isAlive) writePlain(response, 200, 'text/plain; charset=utf-8', '\n');
  else writeError(response, new ServiceError('NOT_ALIVE', {}), {});
}

function get(answer: (request: IncomingMessage, response: ServerResponse, state: BuiltinState) => void): Builtin {
  return (request, response, state) => {
    request.resume();
    if (isReading(request)) return answer(request, response, state);
    refuseMethod(request, response, state.path, ['GET', 'HEAD']);
  };
}

function getAsset(find: (swaggerUi: SwaggerUi) => Promise<Asset>): Builtin {
  return get((request, response, { swaggerUi }) => {
    find(swaggerUi).then(
      (asset) => writeAsset(request, response, asset),
      (error: unknown) => writeError(response, error, {}),
    );
  });
}

/** Whether a request only wants to read: all that the built-in paths are for. */
export function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
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
