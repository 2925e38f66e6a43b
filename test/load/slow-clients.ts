/** Callers that send slowly, do not read, do nothing or leave, and what others notice of them. */
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { sendLoad } from '../../bench/load/send-load.ts';
import { quantile } from '../../bench/statistics.ts';
import { countAnswers } from './overload.ts';
import { type Footprint, type Gateway, startGateway } from './processes.ts';

/** How many there are of each. */
export interface Crowd {
  readonly slowHeaders: number;
  readonly slowBodies: number;
  readonly stalledReaders: number;
  readonly idle: number;
  readonly aborted: number;
  /** Requests a second of the others, and for how long those are watched: so long the slow ones may take, too. */
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

const dripMs = 300;

/** Runs it. */
export async function meetSlowClients(crowd: Crowd): Promise<SlowClientFigures> {
  const { forMs, standMs } = crowd;
  // The slow ones stay for as long as the others are watched, and are cut then.
  const limits = { headersTimeoutMs: forMs, requestTimeoutMs: forMs, keepAliveTimeoutMs: forMs };
  await using gateway = await startGateway('waiting', limits, standMs);
  const others = { url: gateway.url, path: '/quick', requestsPerSecond: crowd.othersPerSecond, forMs };
  // What V8 and the allocator keep for the next time is there after the first crowd; what leaks comes with each.
  await sufferCrowd(gateway, crowd, async () => {});
  const calm = await sendLoad(others);
  const before = await lookUntil(gateway, hasNoConnection);
  let crowded = calm;
  let during = before;
  const told = await sufferCrowd(gateway, crowd, async () => {
    [crowded] = await Promise.all([sendLoad(others), abort(gateway, crowd.aborted, forMs)]);
    during = await gateway.glance();
  });
  const after = await lookUntil(gateway, hasNoConnection);
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

/** Has them all come, does something while they stay, and waits until the server has cut them; says what it told them. */
async function sufferCrowd(
  gateway: Gateway,
  crowd: Crowd,
  meanwhile: () => Promise<void>,
): Promise<Record<string, number>> {
  const stalled = repeat(crowd.stalledReaders, () => stall(gateway));
  try {
    await glanceUntil(gateway, ({ SimpleWriteWrap = 0 }) => SimpleWriteWrap >= crowd.stalledReaders * 0.95); // nothing more goes out
    const slow = [
      ...repeat(crowd.slowHeaders, () => drip(gateway, 'POST /quick HTTP/1.1\r\nhost: x\r\nx-slow: ')),
      ...repeat(crowd.slowBodies, () =>
        drip(gateway, 'POST /quick HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n'),
      ),
    ];
    const idle = repeat(crowd.idle, () => keepAlive(gateway));
    const most = crowd.stalledReaders + crowd.slowHeaders + crowd.slowBodies + crowd.idle;
    await glanceUntil(gateway, ({ TCPSocketWrap = 0 }) => TCPSocketWrap >= most * 0.99);
    await meanwhile();
    const told: Record<string, number> = {};
    for (const answer of await Promise.all(slow)) told[answer] = (told[answer] ?? 0) + 1;
    await Promise.all(idle);
    await glanceUntil(gateway, hasNoConnection); // the stalled readers do not know of it
    return told;
  } finally {
    for (const socket of stalled) socket.destroy();
  }
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function dial({ url }: Gateway): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => {}); // `close` follows
}

/** Whether or not an error comes first, which `once` would throw. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
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
  await closeOf(socket);
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
  await closeOf(socket);
}

/** Sends requests and leaves before they are answered: so many, evenly within that time. */
async function abort(gateway: Gateway, count: number, withinMs: number): Promise<void> {
  const begunMs = performance.now();
  const all: Promise<void>[] = [];
  while (all.length < count) {
    await setTimeout(1);
    const due = Math.min(count, Math.ceil(((performance.now() - begunMs) * count) / withinMs));
    while (all.length < due) all.push(comeAndGo(gateway, all.length % 2 === 0));
  }
  await Promise.all(all);
}

async function comeAndGo(gateway: Gateway, isReset: boolean): Promise<void> {
  const socket = dial(gateway);
  await new Promise<void>((met) => socket.once('connect', met).once('close', () => met()));
  await new Promise((sent) => socket.write('POST /hang HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', sent));
  if (socket.destroyed) return;
  const closed = closeOf(socket);
  if (isReset) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

type Fits = (resources: Footprint['resources']) => boolean;

const hasNoConnection: Fits = ({ TCPSocketWrap = 0 }) => TCPSocketWrap === 0;

const patienceMs = 60_000;
const lookAgainAfterMs = 200;

/** Waits until it sees that, and looks closely then. */
async function lookUntil(gateway: Gateway, fits: Fits): Promise<Footprint> {
  await glanceUntil(gateway, fits);
  return gateway.look();
}

async function glanceUntil(gateway: Gateway, fits: Fits): Promise<void> {
  const begunMs = performance.now();
  for (;;) {
    const { resources } = await gateway.glance();
    if (fits(resources)) return;
    if (performance.now() - begunMs > patienceMs) throw new Error(`in vain: ${JSON.stringify(resources)}`);
    await setTimeout(lookAgainAfterMs);
  }
}
