/** Sends one request as bytes on a connection of its own, and takes the answer apart. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** A request; its length and host are added unless they are there. */
export interface Asked {
  /** @default 'POST' */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but text and bytes is sent as JSON, with that content type. */
  readonly body?: unknown;
}

/** An answer. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; of several with one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** As they came; undefined where the answer was not chunked. */
  readonly chunks: readonly Buffer[] | undefined;
  /** Whether all came that was announced. */
  readonly isWhole: boolean;
  /** Statuses before the answer itself. */
  readonly interim: readonly number[];
}

/** Asks. `onBytes` sees the answer as it comes. */
export async function ask(url: string, asked: Asked, onBytes: (soFar: Buffer) => void = () => {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => {
    parts.push(part);
    onBytes(Buffer.concat(parts));
  });
  socket.on('error', () => {}); // a reset is seen as an answer that is not whole
  socket.write(toBytes(asked, `${hostname}:${port}`));
  await once(socket, 'close');
  return takeApart(Buffer.concat(parts), asked.method === 'HEAD');
}

function toBytes({ method = 'POST', path, headers = {}, body }: Asked, host: string): Buffer {
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const bytes =
    body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(isRaw ? (body ?? '') : JSON.stringify(body));
  const given = {
    host,
    connection: 'close',
    ...(isRaw ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}

function takeApart(bytes: Buffer, isHead: boolean, interim: readonly number[] = []): Answer {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no answer came, but ${JSON.stringify(bytes.toString('latin1'))}`);
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  const rest = bytes.subarray(end + 4);
  if (status < 200) return takeApart(rest, isHead, [...interim, status]);
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  if (headers['transfer-encoding'] !== 'chunked') {
    const isWhole = isHead || rest.length === Number(headers['content-length'] ?? 0);
    return { status, headers, body: rest, chunks: undefined, isWhole, interim };
  }
  const { chunks, isWhole } = toChunks(rest);
  return { status, headers, body: Buffer.concat(chunks), chunks, isWhole, interim };
}

function toChunks(bytes: Buffer): { readonly chunks: readonly Buffer[]; readonly isWhole: boolean } {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = end < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (!(end + 4 + size <= bytes.length)) return { chunks, isWhole: false };
    if (size === 0) return { chunks, isWhole: true };
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}
