/** Callers who each ask again as soon as they are answered. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came out. */
export interface LoopResult {
  readonly perSecond: number;
  /** From the request to the answer, in milliseconds. */
  readonly tookMs: readonly number[];
}

/** @param warmMs how long they call before it counts. */
export async function runClosedLoop(
  { port, path, clients }: { readonly port: number; readonly path: string; readonly clients: number },
  { warmMs, forMs }: { readonly warmMs: number; readonly forMs: number },
): Promise<LoopResult> {
  const tookMs: number[] = [];
  const beginMs = performance.now() + warmMs;
  const endMs = beginMs + forMs;
  const call = async (value: number) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    const body = JSON.stringify({ values: [value] });
    const request = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    for (;;) {
      const askedMs = performance.now();
      if (askedMs > endMs) break;
      socket.write(request);
      const answer = await readAnswer(socket);
      const answeredMs = performance.now();
      if (!answer.startsWith('HTTP/1.1 200') || !answer.endsWith(`[${value}]`)) throw new Error(`${path}: ${answer}`);
      if (askedMs >= beginMs && answeredMs <= endMs) tookMs.push(answeredMs - askedMs);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: clients }, (_, value) => call(value)));
  return { perSecond: (tookMs.length * 1000) / forMs, tookMs };
}

function readAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      if (head < 0 || text.length < head + 4 + Number(length)) return;
      socket.off('data', hear).off('close', fail);
      resolve(text);
    };
    const fail = () => reject(new Error(`the connection was closed after ${JSON.stringify(text)}`));
    socket.on('data', hear).once('close', fail);
  });
}
