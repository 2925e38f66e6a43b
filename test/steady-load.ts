/** Asks a server at a steady rate, and keeps streams open beside, until it is told to stop: what a crowd does. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

interface LoadOptions {
  /** Where the service `Steady` of the fixtures is. */
  readonly url: string;
  readonly requestsPerSecond: number;
  /** Streams that are open at any time; one that ends is followed by another one. */
  readonly streams: number;
}

/** What came back. */
export interface LoadResult {
  readonly requests: number;
  readonly streams: number;
  /** What went wrong, by what it was; of requests and of streams that did not come to their end. */
  readonly failures: Readonly<Record<string, number>>;
}

/** A load that goes on. */
export interface SteadyLoad {
  /** Requests sent so far. */
  readonly sent: number;
  /** Sends nothing more; resolves when every answer is there. */
  stop(): Promise<LoadResult>;
}

const tickMs = 5;
const itemsOfStream = 20;
const itemEveryMs = 50;

/** Starts a load. A request is sent when it is due, whatever became of those before. */
export function startLoad({ url, requestsPerSecond, streams }: LoadOptions): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const failures: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  let isOver = false;
  let sent = 0;
  let streamed = 0;

  const track = (asked: Promise<void>) => {
    const watched = asked.catch((error: Error) => {
      failures[error.message] = (failures[error.message] ?? 0) + 1;
    });
    open.add(watched);
    void watched.then(() => open.delete(watched));
    return watched;
  };
  const call = async (number: number) => {
    const answer = await post(agent, `${url}/double`, { number });
    if (answer !== String(2 * number)) throw new Error(`a wrong answer: ${answer.slice(0, 80)}`);
  };
  const stream = async () => {
    const answer = await post(agent, `${url}/count`, { to: itemsOfStream, everyMs: itemEveryMs });
    if (answer.trim().split('\n').length !== itemsOfStream) throw new Error(`a stream that ends early: ${answer}`);
    streamed++;
  };
  const keepStreaming = async () => {
    while (!isOver) await track(stream());
  };

  const startedMs = performance.now();
  const tick = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * requestsPerSecond);
    while (sent < due) void track(call(sent++));
  }, tickMs);
  const streaming = Array.from({ length: streams }, keepStreaming);
  return {
    get sent() {
      return sent;
    },
    async stop() {
      isOver = true;
      clearInterval(tick);
      await Promise.all([...streaming, ...open]);
      agent.destroy();
      return { requests: sent, streams: streamed, failures };
    },
  };
}

async function post(agent: Agent, url: string, body: unknown): Promise<string> {
  const sent = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(url, { method: 'POST', agent, headers }, (response) => {
    text(response).then((whole) => {
      if (response.statusCode === 200) resolve(whole);
      else reject(new Error(`status ${response.statusCode}: ${whole.slice(0, 80)}`));
    }, reject);
  })
    .on('error', reject)
    .end(sent);
  return promise;
}
