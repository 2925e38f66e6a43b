/** A server that speaks as much of S3 as objects need: signed requests, parts, ranges. What it has, it keeps in memory. */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

/** What goes wrong, for one request: a refusal, how many bytes of an answer come before its line is cut, or no answer. */
export type Fault = { readonly status: number; readonly code: string } | { readonly cutAfterBytes: number } | 'silence';

/** A running server. */
export interface S3Server extends AsyncDisposable {
  /** The environment in which a program uses it. */
  readonly env: Readonly<Record<string, string>>;
  readonly secret: string;
  /** By `bucket/key`. */
  readonly objects: Map<string, Buffer>;
  /** Uploads in parts that are neither finished nor given up. */
  readonly openUploads: number;
  /** What was asked, for example `PUT bucket/key part 2`. */
  readonly requests: string[];
  /** Asked before each request. */
  fault: (request: string) => Fault | undefined;
}

const accessKey = 'AKIDEXAMPLE';
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

/** Starts one that has some buckets. */
export async function startS3(...buckets: readonly string[]): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const requests: string[] = [];
  let nextUpload = 1;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const name = decodeURIComponent(url.pathname.slice(1));
    const part = Number(url.searchParams.get('partNumber') ?? 0);
    const id = url.searchParams.get('uploadId') ?? '';
    const what = `${request.method} ${name}${part > 0 ? ` part ${part}` : ''}${request.headers.range ? ` ${request.headers.range}` : ''}`;
    requests.push(what);
    const say = (status: number, body = '', headers: Record<string, string> = {}) =>
      void response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);
    const refuse = (status: number, code: string) =>
      say(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} of ${accessKey}</Message></Error>`);
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const problem = checkSignature(request, url, body);
    if (problem !== undefined) return refuse(403, problem);
    const fault = server.fault(what);
    if (fault === 'silence') return;
    if (fault && 'code' in fault) return refuse(fault.status, fault.code);
    if (!buckets.includes(name.split('/')[0] ?? '')) return refuse(404, 'NoSuchBucket');
    if (request.method === 'POST' && url.searchParams.has('uploads')) {
      const upload = `upload-${nextUpload++}`;
      uploads.set(upload, new Map());
      return say(200, `<InitiateMultipartUploadResult><UploadId>${upload}</UploadId></InitiateMultipartUploadResult>`);
    }
    const parts = uploads.get(id);
    if (id !== '' && !parts) return refuse(404, 'NoSuchUpload');
    if (request.method === 'PUT') {
      if (parts) parts.set(part, body);
      else objects.set(name, body);
      return say(200, '', { etag: etagOf(body) });
    }
    if (request.method === 'POST' && parts) {
      const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) =>
        Number(number),
      );
      const short = listed.slice(0, -1).some((number) => (parts.get(number)?.length ?? 0) < 5 * 1024 * 1024);
      if (short || listed.length !== parts.size) return refuse(400, 'EntityTooSmall');
      objects.set(name, Buffer.concat(listed.map((number) => parts.get(number) ?? Buffer.alloc(0))));
      uploads.delete(id);
      return say(200, `<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>`);
    }
    if (request.method === 'DELETE' && parts) {
      uploads.delete(id);
      return say(204);
    }
    const object = objects.get(name);
    if (!object) return refuse(404, 'NoSuchKey');
    if (request.method !== 'GET') return refuse(405, 'MethodNotAllowed');
    const etag = etagOf(object);
    if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag)
      return refuse(412, 'PreconditionFailed');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = object.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      'content-length': String(rest.length),
      ...(from > 0 ? { 'content-range': `bytes ${from}-${object.length - 1}/${object.length}` } : {}),
    });
    if (fault) response.write(rest.subarray(0, fault.cutAfterBytes), () => response.destroy());
    else response.end(rest);
  };

  const listener = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy()); // the client went away
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const server: S3Server = {
    env: {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'eu-central-1',
    },
    secret,
    objects,
    requests,
    get openUploads() {
      return uploads.size;
    },
    fault: () => undefined,
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections();
      listener.close();
      await once(listener, 'close');
    },
  };
  return server;
}

const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function checkSignature({ method, headers }: IncomingMessage, url: URL, body: Buffer): string | undefined {
  const [, key, scope = '', signed = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (key === undefined) return 'MissingSecurityHeader';
  if (key !== accessKey) return 'InvalidAccessKeyId';
  const hash = String(headers['x-amz-content-sha256']);
  if (hash !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const sum = headers['x-amz-checksum-crc32'];
  if (sum !== undefined && Buffer.from(String(sum), 'base64').readUInt32BE() !== crc32(body)) return 'BadDigest';
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url.pathname, query.join('&'), lines.join(''), signed, hash].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const signing = scope.split('/').reduce<string | Buffer>((before, word) => hmac(before, word), `AWS4${secret}`);
  return createHmac('sha256', signing).update(text).digest('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
