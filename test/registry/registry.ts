/** A registry as the OCI distribution specification has it, which can be told to go wrong. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createEncrypted } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What was asked. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** What goes wrong with a request; undefined if nothing does. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  /** So many bytes of the answer are sent, then the connection is cut; or the body just ends there. */
  | { readonly cutAfter: number; readonly endsWell?: boolean }
  /** So many bytes of the request are kept, then the connection is cut. */
  | { readonly takes: number }
  /** So many bytes of the answer are sent, if it has so many, and nothing comes after them. */
  | { readonly hangsAfter: number }
  | { readonly ignoresRange: true };

/** A registry with a way in for a test. */
export interface TestRegistry extends AsyncDisposable {
  /** Its address and port. */
  readonly host: string;
  readonly asked: Asked[];
  readonly blobs: Map<string, Buffer>;
  /** By repository and tag or digest, with a slash between. */
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Buffer }>;
  /** Decides what goes wrong; asked for each request. */
  fault: (asked: Asked) => Fault | undefined;
  /** Who may come in; undefined for everybody. */
  login:
    | {
        readonly username: string;
        readonly password: string;
        readonly kind: 'basic' | 'bearer';
        /** What is given instead of a password, for a token. */
        readonly identityToken?: string;
      }
    | undefined;
  /** Whether it knows what is attached to what. */
  knowsReferrers: boolean;
  /** Adds a blob. @returns its digest */
  put(bytes: Buffer): string;
  /** How many bytes of blobs came in since it was asked last. */
  takeBytes(): number;
}

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Of `registry.test` and this machine, trusted by whoever is told so. */
export const certificateFile = join(import.meta.dirname, 'certificate.pem');

/** Starts one, on this machine only. */
export async function startRegistry(address = '127.0.0.1', { isEncrypted = false } = {}): Promise<TestRegistry> {
  const uploads = new Map<string, Buffer>();
  const tokens = new Set<string>();
  let receivedBytes = 0;

  const readBody = async (request: IncomingMessage, keep?: (chunk: Buffer) => boolean): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if (keep && !keep(chunk)) break;
    }
    return Buffer.concat(chunks);
  };

  const isLoggedIn = (authorization: string | undefined): boolean => {
    const { login } = registry;
    if (!login) return true;
    if (login.kind === 'basic') return authorization === toBasic(login);
    return tokens.has(String(authorization).replace(/^Bearer /, ''));
  };
  const toBasic = ({ username, password }: { readonly username: string; readonly password: string }) =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  const giveToken = async (authorization: string | undefined, request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams((await readBody(request)).toString('utf8'));
    const { login } = registry;
    const isKnown = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === login?.identityToken;
    if (login && authorization !== toBasic(login) && !isKnown) return void response.writeHead(401).end();
    const token = randomUUID();
    tokens.add(token);
    json(response, { token });
  };

  const sendBytes = (
    response: ServerResponse,
    bytes: Buffer,
    headers: Readonly<Record<string, string>>,
    { range }: Asked,
    fault: Fault | undefined,
  ): void => {
    const from = fault && 'ignoresRange' in fault ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const part = bytes.subarray(from);
    const said = from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    const endsEarly = fault && 'cutAfter' in fault;
    const length = endsEarly && fault.endsWell ? fault.cutAfter : part.length;
    response.writeHead(from === 0 ? 200 : 206, { ...headers, ...said, 'content-length': String(length) });
    if (fault && 'hangsAfter' in fault) return void response.write(part.subarray(0, fault.hangsAfter));
    if (!endsEarly) return void response.end(part);
    response.write(part.subarray(0, fault.cutAfter), () => (fault.endsWell ? response.end() : response.destroy()));
  };

  const upload = async (asked: Asked, request: IncomingMessage, response: ServerResponse, fault: Fault | undefined) => {
    const url = new URL(asked.path, 'http://registry');
    const [, repository = '', id = ''] = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/.exec(url.pathname) ?? [];
    const place = (one: string) => ({ location: `/v2/${repository}/blobs/uploads/${one}?state=x` });
    if (asked.method === 'POST') {
      const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')];
      if (mount !== null && from !== null && registry.blobs.has(mount)) return void response.writeHead(201).end();
      const made = randomUUID();
      uploads.set(made, Buffer.alloc(0));
      return void response.writeHead(202, place(made)).end();
    }
    const before = uploads.get(id);
    if (!before) return void response.writeHead(404).end();
    const said = (bytes: Buffer) => ({ ...place(id), range: `0-${Math.max(0, bytes.length - 1)}` });
    if (asked.method === 'GET') return void response.writeHead(204, said(before)).end();
    const begins = /^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1];
    if (begins !== undefined && Number(begins) !== before.length)
      return void response.writeHead(416, said(before)).end();
    let bytes = 0;
    const body = await readBody(request, (chunk) => {
      bytes += chunk.length;
      return !(fault && 'takes' in fault) || bytes < fault.takes;
    }).catch(() => Buffer.alloc(0));
    receivedBytes += body.length;
    const now = Buffer.concat([before, body]);
    uploads.set(id, now);
    if (fault && 'takes' in fault) return void request.socket.destroy();
    if (asked.method === 'PATCH') return void response.writeHead(202, said(now)).end();
    const digest = url.searchParams.get('digest') ?? '';
    uploads.delete(id);
    if (sha256(now) !== digest) return problem(response, 400, 'DIGEST_INVALID');
    registry.blobs.set(digest, now);
    response.writeHead(201, { location: `/v2/${repository}/blobs/${digest}` }).end();
  };

  const manifest = async (
    asked: Asked,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ) => {
    const [, repository = '', reference = ''] = /^\/v2\/(.+)\/manifests\/([^/?]+)$/.exec(asked.path) ?? [];
    if (asked.method === 'PUT') {
      const bytes = await readBody(request);
      const digest = sha256(bytes);
      const { config, layers = [], subject } = JSON.parse(bytes.toString('utf8'));
      const missing = [...(config ? [config] : []), ...layers].filter((one) => !registry.blobs.has(one.digest));
      if (missing.length > 0) return problem(response, 400, 'MANIFEST_BLOB_UNKNOWN');
      const kept = { mediaType: String(request.headers['content-type']), bytes };
      registry.manifests.set(`${repository}/${reference}`, kept).set(`${repository}/${digest}`, kept);
      const about = subject && registry.knowsReferrers ? { 'oci-subject': subject.digest } : {};
      return void response.writeHead(201, { 'docker-content-digest': digest, ...about }).end();
    }
    const found = registry.manifests.get(`${repository}/${reference}`);
    if (!found) return problem(response, 404, 'MANIFEST_UNKNOWN');
    const headers = { 'content-type': found.mediaType, 'docker-content-digest': sha256(found.bytes) };
    if (asked.method === 'HEAD')
      return void response.writeHead(200, { ...headers, 'content-length': found.bytes.length }).end();
    sendBytes(response, found.bytes, headers, asked, fault);
  };

  const referrers = (path: string, response: ServerResponse): void => {
    const [, repository = '', digest = ''] = /^\/v2\/(.+)\/referrers\/([^/?]+)/.exec(path) ?? [];
    if (!registry.knowsReferrers) return void problem(response, 404, 'NAME_UNKNOWN');
    const kept = [...registry.manifests].filter(([key]) => key.startsWith(`${repository}/sha256:`));
    const manifests = kept.flatMap(([, { mediaType, bytes }]) => {
      const { subject, artifactType } = JSON.parse(bytes.toString('utf8'));
      return subject?.digest === digest ? [{ mediaType, artifactType, digest: sha256(bytes), size: bytes.length }] : [];
    });
    json(response, { schemaVersion: 2, manifests });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '/', headers } = request;
    const asked: Asked = { method, path, authorization: headers.authorization, range: headers.range };
    registry.asked.push(asked);
    const fault = registry.fault(asked);
    if (fault && 'status' in fault) {
      request.resume();
      return void response.writeHead(fault.status, fault.headers).end(fault.body ?? 'refused');
    }
    if (fault && 'hangsAfter' in fault && method !== 'GET') return;
    if (path.startsWith('/token')) return giveToken(asked.authorization, request, response);
    if (!isLoggedIn(asked.authorization)) {
      request.resume();
      const way =
        registry.login?.kind === 'basic'
          ? 'Basic realm="test"'
          : `Bearer realm="http://${registry.host}/token",service="test",scope="any"`;
      response.setHeader('www-authenticate', way);
      return problem(response, 401, 'UNAUTHORIZED');
    }
    if (/\/blobs\/uploads\//.test(path)) return upload(asked, request, response, fault);
    if (/\/manifests\//.test(path)) return manifest(asked, request, response, fault);
    if (/\/referrers\//.test(path)) return referrers(path, response);
    const blob = registry.blobs.get(/\/blobs\/([^/?]+)$/.exec(path)?.[1] ?? '');
    if (!blob) return problem(response, 404, 'BLOB_UNKNOWN');
    if (method === 'HEAD') return void response.writeHead(200, { 'content-length': blob.length }).end();
    sendBytes(response, blob, {}, asked, fault);
  };

  const listen = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error) => response.destroy(error));
  };
  const read = (name: string) => readFileSync(join(import.meta.dirname, name));
  const server = isEncrypted
    ? createEncrypted({ cert: readFileSync(certificateFile), key: read('key.pem') }, listen)
    : createServer(listen);
  server.listen(0, address);
  await once(server, 'listening');
  const registry: TestRegistry = {
    host: `${address}:${(server.address() as AddressInfo).port}`,
    asked: [],
    blobs: new Map(),
    manifests: new Map(),
    fault: () => undefined,
    login: undefined,
    knowsReferrers: true,
    put(bytes) {
      registry.blobs.set(sha256(bytes), bytes);
      return sha256(bytes);
    },
    takeBytes() {
      const bytes = receivedBytes;
      receivedBytes = 0;
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return registry;
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ errors: [{ code, message: code }] }));
}
