/** Sends requests at a rate that does not care how the answers come: what a crowd does to a server. */
import { Agent, type IncomingMessage, request } from 'node:http';

/** What to send, and how much. */
export interface OpenLoop {
  readonly url: string;
  readonly body: string;
  readonly requestsPerSecond: number;
  readonly durationMs: number;
  /** How long a caller waits for an answer. */
  readonly patienceMs: number;
}

/** What came back. Times are milliseconds from when a request was due, whether or not it was sent in time. */
export interface OpenLoopResult {
  readonly sent: number;
  /** How long those took that were answered 200 within the patience. */
  readonly goodMs: readonly number[];
  /** How long those took that were answered otherwise. */
  readonly refusedMs: readonly number[];
  /** Not answered within the patience, or not at all. */
  readonly lost: number;
}

const tickMs = 2;

/** Runs a load to its end. */
export async function runOpenLoop(load: OpenLoop): Promise<OpenLoopResult> {
  const agent = new Agent({ keepAlive: true });
  const goodMs: number[] = [];
  const refusedMs: number[] = [];
  let lost = 0;
  let sent = 0;
  const open = new Set<Promise<void>>();
  const startedMs = performance.now();
  const send = (dueMs: number) => {
    const asked = ask(agent, load).then(
      (status) => {
        const tookMs = performance.now() - dueMs;
        if (tookMs > load.patienceMs) lost++;
        else (status === 200 ? goodMs : refusedMs).push(tookMs);
      },
      () => {
        lost++;
      },
    );
    open.add(asked);
    void asked.then(() => open.delete(asked));
  };
  while (performance.now() - startedMs < load.durationMs) {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * load.requestsPerSecond);
    for (; sent < due; sent++) send(startedMs + (sent / load.requestsPerSecond) * 1000);
    await new Promise((wake) => setTimeout(wake, tickMs));
  }
  await Promise.all(open);
  agent.destroy();
  return { sent, goodMs, refusedMs, lost };
}

/** One POST; resolves with the status once the body has been read, rejects when patience ends. */
function ask(agent: Agent, { url, body, patienceMs }: OpenLoop): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method: 'POST', agent, headers }, (response: IncomingMessage) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    const late = setTimeout(() => asked.destroy(new Error('out of patience')), patienceMs);
    asked.once('close', () => {
      clearTimeout(late);
      reject(new Error('closed without an answer')); // without effect after the answer
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
