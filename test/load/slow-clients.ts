/** Callers that send slowly, do not read, do nothing or leave, and what others notice of them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { countAnswers } from './overload.ts';
import { type Footprint, type Gateway, quantile, sendLoad, startGateway } from './processes.ts';

/** How many there are of each. */
export interface Crowd {
  readonly slowHeaders: number;
  readonly slowBodies: number;
  readonly stalledReaders: number;
  readonly idle: number;
  readonly aborted: number;
  /** Requests a second of the others, and for how long those are watched. */
  readonly othersPerSecond: number;
  readonly forMs: number;
  /** How long an answer may stand still: longer than it takes until all readers have stalled. */
  readonly standMs: number;
}

/** What became of them. */
export interface SlowClientFigures {
  /** What those who sent slowly were told, and how many of them. */
  readonly told: Readonly<Record<string, number>>;
  /** How the others were answered, before and during. */
  readonly others: Readonly<Record<string, number>>[];
  readonly othersMs: {
    readonly beforeP99: number;
    readonly duringP99: number;
    readonly beforeMedian: number;
    readonly duringMedian: number;
  };
  readonly before: Footprint;
  readonly during: Footprint;
  readonly after: Footprint;
}

const limits = { headersTimeoutMs: 5000, requestTimeoutMs: 5000, keepAliveTimeoutMs: 5000 };
const dripMs = 300;

/** Runs it. */
export async function meetSlowClients(crowd: Crowd): Promise<SlowClientFigures> {
  await using gateway = await startGateway('waiting', limits, crowd.standMs);
  const others = { url: gateway.url, path: '/quick', requestsPerSecond: crowd.othersPerSecond, forMs: crowd.forMs };
  await sendLoad({ ...others, forMs: 1000 }); // warm
  await abort(gateway, Math.min(crowd.aborted, 200));
  await lookUntil(gateway, hasNoConnection);
  const calm = await sendLoad(others);
  const before = await lookUntil(gateway, hasNoConnection);

  const stalled = repeat(crowd.stalledReaders, () => stall(gateway));
  await lookUntil(gateway, ({ SimpleWriteWrap = 0 }) => SimpleWriteWrap >= crowd.stalledReaders * 0.95); // nothing more goes out
  const slow = [
    ...repeat(crowd.slowHeaders, () => drip(gateway, 'POST /quick HTTP/1.1\r\nhost: x\r\nx-slow: ')),
    ...repeat(crowd.slowBodies, () => drip(gateway, 'POST /quick HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n')),
  ];
  const idle = repeat(crowd.idle, () => keepAlive(gateway));
  const [crowded, during] = await Promise.all([
    sendLoad(others),
    abort(gateway, crowd.aborted).then(() => gateway.look()),
  ]);
  const told: Record<string, number> = {};
  for (const answer of await Promise.all(slow)) told[answer] = (told[answer] ?? 0) + 1;
  await Promise.all(idle);
  const after = await lookUntil(gateway, hasNoConnection); // the stalled readers are still there
  for (const socket of stalled) socket.destroy();
  return {
    told,
    others: [countAnswers(calm), countAnswers(crowded)],
    othersMs: {
      beforeP99: quantile([...calm.tookMs], 0.99),
      duringP99: quantile([...crowded.tookMs], 0.99),
      beforeMedian: quantile([...calm.tookMs], 0.5),
      duringMedian: quantile([...crowded.tookMs], 0.5),
    },
    before,
    during,
    after,
  };
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function dial({ url }: Gateway): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => {}); // `close` follows
}

/** Sends a byte now and then; resolves with the status that it is told when the server cuts it. */
async function drip(gateway: Gateway, begin: string): Promise<string> {
  const socket = dial(gateway).setEncoding('latin1');
  let heard = '';
  socket.on('data', (text: string) => {
    heard += text;
  });
  socket.write(begin);
  const timer = setInterval(() => socket.write('x'), dripMs);
  await once(socket, 'close');
  clearInterval(timer);
  return heard.slice(9, 12);
}

/** Asks for a stream and reads nothing of it: not even that the server has cut it. */
function stall(gateway: Gateway): Socket {
  const socket = dial(gateway).pause();
  socket.write('POST /endless HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  return socket;
}

/** Sends one request and then nothing; resolves when the server has closed the connection. */
async function keepAlive(gateway: Gateway): Promise<void> {
  const socket = dial(gateway).resume();
  socket.write('POST /quick HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  await once(socket, 'close');
}

const abortedAtOnce = 100;

/** Sends requests and leaves before they are answered. */
async function abort(gateway: Gateway, count: number): Promise<void> {
  for (let left = count; left > 0; left -= abortedAtOnce) {
    const sockets = repeat(Math.min(left, abortedAtOnce), () => dial(gateway));
    await Promise.all(
      sockets.map(async (socket, at) => {
        await once(socket, 'connect');
        await new Promise((sent) => socket.write('POST /hang HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', sent));
        if (at % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
        await once(socket, 'close');
      }),
    );
  }
}

const hasNoConnection = ({ TCPSocketWrap = 0 }: Footprint['resources']) => TCPSocketWrap === 0;

const patienceMs = 60_000;
const lookAgainAfterMs = 200; // a look costs the server a collection of garbage

/** Looks until it sees that; after a long time gives up, and what it saw last. */
async function lookUntil(gateway: Gateway, fits: (resources: Footprint['resources']) => boolean): Promise<Footprint> {
  const begunMs = performance.now();
  for (;;) {
    const seen = await gateway.look();
    if (fits(seen.resources) || performance.now() - begunMs > patienceMs) return seen;
    await setTimeout(lookAgainAfterMs);
  }
}
