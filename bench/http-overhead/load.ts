/** A closed-loop HTTP/1.1 client in a process of its own: it costs little, and checks every answer. */
import { connect, type Socket } from 'node:net';
import { predict } from './predict.ts';

/** What the bench asks of it; each is answered by one message. */
export type LoadOrder =
  | { readonly kind: 'open'; readonly port: number; readonly clients: number }
  | { readonly kind: 'go'; readonly requests: number; readonly limitMs: number }
  | { readonly kind: 'close' };

/** The answer to `go`. */
export interface LoadResult {
  readonly requests: number;
  readonly wallMs: number;
  /** From the first byte sent to the last byte received, in microseconds, of every request. */
  readonly latenciesUs: Float64Array;
}

interface Exchange {
  readonly request: Buffer;
  readonly answer: string;
}

interface Client {
  readonly socket: Socket;
  ask(exchange: Exchange): Promise<void>;
}

// Several different ones, so that an answer to somebody else's request is noticed.
const exchanges = Array.from({ length: 16 }, (_, seed) => createExchange(seed + 1));
let clients: Client[] = [];

process.on('message', (order: LoadOrder) => {
  obey(order).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.once('disconnect', () => process.exit(0));

async function obey(order: LoadOrder): Promise<LoadResult | undefined> {
  if (order.kind === 'go') return go(order.requests, order.limitMs);
  for (const { socket } of clients) socket.destroy();
  clients = [];
  if (order.kind === 'open') {
    clients = await Promise.all(Array.from({ length: order.clients }, () => openClient(order.port)));
  }
  return undefined;
}

async function go(requests: number, limitMs: number): Promise<LoadResult> {
  const latenciesUs = new Float64Array(requests);
  const startedMs = performance.now();
  let asked = 0;
  let answered = 0;
  const run = async (client: Client) => {
    while (asked < requests) {
      const askedMs = performance.now();
      if (askedMs - startedMs > limitMs) return;
      await client.ask(exchanges[asked++ % exchanges.length] as Exchange);
      latenciesUs[answered++] = (performance.now() - askedMs) * 1000;
    }
  };
  await Promise.all(clients.map(run));
  return { requests: answered, wallMs: performance.now() - startedMs, latenciesUs: latenciesUs.slice(0, answered) };
}

function createExchange(seed: number): Exchange {
  let state = seed;
  const features = Array.from({ length: 32 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator: the same on every run
    return Math.fround(state / 2 ** 31 - 1);
  });
  const body = JSON.stringify({ features });
  const head =
    'POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return { request: Buffer.from(head + body), answer: JSON.stringify(predict(features)) };
}

function openClient(port: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    let received = '';
    let waiting: { exchange: Exchange; resolve(): void; reject(error: Error): void } | undefined;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const lose = (reason: string) => {
      reject(new Error(reason)); // no effect once connected
      waiting?.reject(new Error(reason));
    };
    socket.setEncoding('latin1'); // heads and bodies are ASCII
    socket.once('connect', () => {
      resolve({
        socket,
        ask: (exchange) =>
          new Promise((answered, failed) => {
            waiting = { exchange, resolve: answered, reject: failed };
            socket.write(exchange.request);
          }),
      });
    });
    socket.once('error', (error) => lose(error.message));
    socket.once('close', () => lose('the server closed the connection'));
    socket.on('data', (text: string) => {
      received += text;
      const whole = takeAnswer(received);
      if (!whole || !waiting) return;
      received = '';
      const { exchange, ...asker } = waiting;
      waiting = undefined;
      if (whole.status === 200 && whole.body === exchange.answer) return asker.resolve();
      asker.reject(new Error(`a wrong answer: ${whole.status} ${whole.body}, not 200 ${exchange.answer}`));
    });
  });
}

function takeAnswer(text: string): { status: number; body: string } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
  const body = text.slice(headEnd + 4);
  if (Number.isNaN(length) || body.length > length) throw new Error(`an answer that cannot be read: ${text}`);
  return body.length === length ? { status: Number(text.slice(9, 12)), body } : undefined;
}
