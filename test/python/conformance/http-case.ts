/** One request as bytes, and what is compared of its answer. */
import { Buffer } from 'node:buffer';
import { type Answer, type Asked, ask } from './ask.ts';
import type { Case, Facets } from './case.ts';
import type { ServiceName } from './servers.ts';

/** One request; what is compared is its status, its type, its body, and what `headersOf` names. */
export interface HttpCase extends Asked {
  /** The row of the checklist, and a word where a row has several cases. */
  readonly id: string;
  readonly what: string;
  /** What the reference answers. */
  readonly status: number;
  /** @default 'Conformance' */
  readonly service?: ServiceName;
  /** Headers that are compared, too. */
  readonly headersOf?: readonly string[];
  /** What is compared instead of the body. */
  readonly sees?: (answer: Answer, url: string) => Facets | Promise<Facets>;
}

/** The headers of a body in JSON. */
export const json = { 'content-type': 'application/json' };

/** A POST; anything but text and bytes is sent as JSON. */
export function post(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Asked {
  return { path, headers, body };
}

/** A request without a body. */
export function get(path: string, method = 'GET'): Asked {
  return { path, method };
}

/** A POST of a multipart form, whose parts are sent as they stand. */
export function form(path: string, ...parts: readonly (readonly [head: string, body: string | Uint8Array])[]): Asked {
  const boundary = 'a-boundary-of-the-tests';
  const bytes = parts.flatMap(([head, body]) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return {
    path,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...bytes, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** A POST of an urlencoded form. */
export function urlencoded(path: string, body: string): Asked {
  return post(path, body, { 'content-type': 'application/x-www-form-urlencoded' });
}

/** Every byte once. */
export const everyByte = Buffer.from(Array.from({ length: 256 }, (_, at) => at));

/** The chunks of a stream as they came. */
export function chunksOf({ chunks = [], isWhole }: Answer): Facets {
  return { chunks: chunks.map((chunk) => chunk.toString('latin1')), isWhole };
}

/** The chunks of a stream, each of which is a document. */
export function documentsOf({ chunks = [], isWhole }: Answer): Facets {
  return { chunks: chunks.map((chunk) => JSON.parse(chunk.toString()) as unknown), isWhole };
}

/** Makes the cases of rows. */
export function toCases(rows: readonly HttpCase[]): readonly Case[] {
  return rows.map(({ id, what, status, service = 'Conformance', headersOf = [], sees, ...asked }) => ({
    id,
    what,
    service,
    known: { status },
    async run({ url }) {
      const answer = await ask(url, asked);
      const { headers, body } = answer;
      return {
        status: answer.status,
        type: headers['content-type'] ?? null,
        ...Object.fromEntries(headersOf.map((name) => [name, normalize(headers[name])])),
        ...(sees ? await sees(answer, url) : answer.status >= 400 ? errorFacetsOf(body) : { body: toBody(answer) }),
      };
    },
  }));
}

/** Lists have no order: that of methods is by chance in the reference. */
function normalize(header: string | undefined): string | null {
  return header?.split(', ').sort().join(', ') ?? null;
}

function toBody({ body, headers }: Answer): unknown {
  const isJson = headers['content-type']?.startsWith('application/json');
  return isJson ? JSON.parse(body.toString()) : body.toString('latin1');
}

interface ErrorShape {
  readonly error: string;
  readonly code: string;
  readonly detail: readonly { readonly loc: readonly (string | number)[] }[];
}

/** The shape of the body, and the places that it names; the words are everyone's own. */
export function errorFacetsOf(body: Buffer): Facets {
  const words = body.toString();
  const said: unknown = /^[[{]/.test(words) ? JSON.parse(words) : {};
  const { error, code, detail = [] } = (Array.isArray(said) ? said[0] : said) as Partial<ErrorShape>;
  const shape = code === undefined ? 'object' : 'object with a code';
  return {
    places: detail
      .map(({ loc }) => loc.join('.'))
      .filter((place) => place !== '')
      .sort(),
    errorBody: error === undefined ? 'text' : Array.isArray(said) ? 'array' : shape,
  };
}
