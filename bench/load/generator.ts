/** Sends requests at a steady rate whether they are answered or not, in a process of its own. */
import { connect, type Socket } from 'node:net';

/** What is asked of it. */
export interface LoadOrder {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestsPerSecond: number;
  readonly forMs: number;
  /** What cannot be sent on one of so many connections waits here, and its wait counts. */
  readonly mostConnections: number;
  /** How long a caller waits from when its request was due before it cuts the connection; undefined: for ever. */
  readonly patienceMs?: number;
}

/** What the generator says: when the last request was due, and in the end. */
export type GeneratorMessage = 'all due' | LoadResult;

/** What came of it, request by request; times are in milliseconds. */
export interface LoadResult {
  /** From the moment at which it was to be sent until it was. */
  readonly lateMs: Float64Array;
  /** From the moment at which it was sent until the last byte of the answer. */
  readonly tookMs: Float64Array;
  /** 0 where the connection was cut. */
  readonly status: Uint16Array;
  readonly code: readonly string[];
  readonly hasRetryAfter: Uint8Array;
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly hasRetryAfter: boolean;
}

const tickMs = 2;

process.on('message', (order: LoadOrder) => {
  void run(order).then(say);
});
process.once('disconnect', () => process.exit(0));

function say(message: GeneratorMessage): void {
  process.send?.(message);
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const total = Math.round((order.requestsPerSecond * order.forMs) / 1000);
  const [lateMs, tookMs] = [new Float64Array(total), new Float64Array(total)];
  const [status, hasRetryAfter] = [new Uint16Array(total), new Uint8Array(total)];
  const code: string[] = new Array(total).fill('');
  const request = printRequest(order);
  const free: Connection[] = [];
  const due: number[] = [];
  let opened = 0;
  let over = 0;
  const done = Promise.withResolvers<void>();
  const begunMs = performance.now();

  const send = (at: number, connection: Connection) => {
    const sentMs = performance.now();
    lateMs[at] = sentMs - (begunMs + (at * 1000) / order.requestsPerSecond);
    const leave =
      order.patienceMs && setTimeout(() => connection.close(), Math.max(0, order.patienceMs - (lateMs[at] ?? 0)));
    connection.ask(request, (answer) => {
      clearTimeout(leave);
      tookMs[at] = performance.now() - sentMs;
      status[at] = answer.status;
      code[at] = answer.code;
      hasRetryAfter[at] = Number(answer.hasRetryAfter);
      over++;
      if (connection.isOpen) free.push(connection);
      else opened--;
      next();
      if (over === total) done.resolve();
    });
  };
  const next = () => {
    while (due.length > 0) {
      let connection = free.pop();
      if (connection && !connection.isOpen) {
        opened--; // the server has closed it meanwhile
        continue;
      }
      if (!connection && opened < order.mostConnections) {
        opened++;
        connection = new Connection(order.url);
      }
      if (!connection) return;
      send(due.shift() as number, connection);
    }
  };
  let planned = 0;
  const timer = setInterval(() => {
    const upTo = Math.min(total, Math.ceil(((performance.now() - begunMs) * order.requestsPerSecond) / 1000));
    while (planned < upTo) due.push(planned++);
    next();
    if (planned < total) return;
    clearInterval(timer);
    say('all due');
  }, tickMs);
  await done.promise;
  for (const connection of free) connection.close();
  return { lateMs, tookMs, status, code, hasRetryAfter };
}

function printRequest({ url, method, path, body, headers }: LoadOrder): string {
  const lines = Object.entries({ host: new URL(url).host, 'content-type': 'application/json', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${path} HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** One connection with one request at a time: what `node:http` does for its callers would cost more than the server. */
class Connection {
  isOpen = true;
  readonly #socket: Socket;
  #text = '';
  #onAnswer: ((answer: Answer) => void) | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname).setNoDelay().setEncoding('latin1');
    this.#socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#read();
    });
    this.#socket.on('error', () => {}); // `close` follows
    this.#socket.on('close', () => {
      this.isOpen = false;
      this.#settle({ status: 0, code: 'cut', hasRetryAfter: false });
    });
  }

  ask(request: string, onAnswer: (answer: Answer) => void): void {
    this.#onAnswer = onAnswer;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(): void {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#text.slice(0, end).toLowerCase();
    const length = Number(/\ncontent-length: (\d+)/.exec(head)?.[1]);
    if (this.#text.length < end + 4 + length) return;
    const body = this.#text.slice(end + 4, end + 4 + length);
    this.#text = this.#text.slice(end + 4 + length);
    if (head.includes('\nconnection: close')) this.isOpen = false;
    this.#settle({
      status: Number(head.slice(9, 12)),
      code: /"code":"(\w+)"/.exec(body)?.[1] ?? '',
      hasRetryAfter: head.includes('\nretry-after: '),
    });
  }

  #settle(answer: Answer): void {
    const settle = this.#onAnswer;
    this.#onAnswer = undefined;
    settle?.(answer);
  }
}
