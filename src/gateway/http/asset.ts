/** Something to read that changes only with the program or the service, so that a browser need not load it twice. */
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Bytes with the headers that say what they are. */
export interface Asset {
  readonly body: string | Uint8Array;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes an asset; its etag is a hash, so that it is the same on every replica. */
export function toAsset(mediaType: string, body: string | Uint8Array, more: Asset['headers'] = {}): Asset {
  return {
    body,
    headers: {
      'content-type': mediaType,
      'content-length': String(Buffer.byteLength(body)),
      etag: `"${hash('sha256', body, 'base64url')}"`,
      'cache-control': 'no-cache', // may be kept, and is asked for again: the address stays when the content changes
      'x-content-type-options': 'nosniff',
      ...more,
    },
  };
}

/** Answers with the asset, or with 304 if the caller has it: RFC 9110 section 13.1.2. */
export function writeAsset(request: IncomingMessage, response: ServerResponse, { body, headers }: Asset): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value); // the access log reads them back
  if (!hasIt(request.headers['if-none-match'], headers.etag)) return void response.end(body);
  response.statusCode = 304;
  response.removeHeader('content-type');
  response.removeHeader('content-length');
  response.end();
}

function hasIt(ifNoneMatch: string | undefined, etag: string | undefined): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes('*') || (etag !== undefined && known.includes(etag));
}
