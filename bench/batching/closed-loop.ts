/** Callers who each ask again as soon as they are answered. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** Whom they ask, and for what. */
export interface Loop {
  readonly port: number;
  readonly path: string;
  readonly clients: number;
  /** What each of them sends. */
  bodyOf(client: number): string;
  isRight(answer: string, client: number): boolean;
}

/** What came out. */
export interface LoopResult {
  readonly perSecond: number;
  /** From the request to the answer, in milliseconds. */
  readonly tookMs: readonly number[];
  /** Answers that said that the server is too busy. */
  readonly refused: number;
}

/** @param warmMs how long they call before it counts. */
export async function runClosedLoop(
  { port, path, clients, bodyOf, isRight }: Loop,
  { warmMs, forMs }: { readonly warmMs: number; readonly forMs: number },
): Promise<LoopResult> {
  const tookMs: number[] = [];
  let refused = 0;
  const beginMs = performance.now() + warmMs;
  const endMs = beginMs + forMs;
  const call = async (client: number) => {
    using caller = await openCaller(port);
    const request = toRequest(path, bodyOf(client));
    for (let askedMs = performance.now(); askedMs < endMs; ) {
      const { status, body } = await caller.ask(request);
      const answeredMs = performance.now();
      const counts = answeredMs >= beginMs && answeredMs <= endMs;
      if (status === 503 || status === 429) refused += Number(counts);
      else if (status !== 200 || !isRight(body, client)) throw new Error(`${path} answered ${status}: ${body}`);
      else if (counts) tookMs.push(answeredMs - askedMs);
      askedMs = answeredMs;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => call(client)));
  return { perSecond: (tookMs.length * 1000) / forMs, tookMs, refused };
}

/** A POST of JSON, as text. */
export function toRequest(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A connection on which one request follows the other. */
interface Caller extends Disposable {
  ask(request: string): Promise<Answer>;
}

/** Opens a connection; what is received must say how long it is. */
export async function openCaller(port: number): Promise<Caller> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
  await once(socket, 'connect');
  let text = '';
  let answered: PromiseWithResolvers<Answer> | undefined;
  socket.on('data', (chunk: string) => {
    text += chunk;
    const bodyAt = text.indexOf('\r\n\r\n') + 4;
    if (bodyAt < 4) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, bodyAt))?.[1]);
    if (Number.isNaN(length)) return socket.destroy(new Error(`an answer without its length: ${text}`));
    if (text.length < bodyAt + length) return;
    answered?.resolve({ status: Number(text.slice(9, 12)), body: text.slice(bodyAt) });
    text = '';
  });
  const fail = (error?: Error) => answered?.reject(error ?? new Error('the connection was closed'));
  socket.on('error', fail).on('close', () => fail());
  return {
    ask(request) {
      answered = Promise.withResolvers<Answer>();
      socket.write(request);
      return answered.promise;
    },
    [Symbol.dispose]() {
      answered = undefined;
      socket.destroy();
    },
  };
}
