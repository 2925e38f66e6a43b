/** Sends what models take and give, beside small JSON: a tensor, a stream, a file. */
import type { RunningPeer } from './peer.ts';

/** One kind of request, and the check that its answer is right. */
export interface Workload {
  readonly name: string;
  /** How many requests are under way at once. */
  readonly clients: number;
  /** Requests of one round. */
  readonly requests: number;
  /** Whether a peer of that name takes it. */
  isFor(peer: string): boolean;
  send(peer: RunningPeer): Promise<void>;
}

const rows = 512;
const columns = 512;
const values = Float32Array.from({ length: rows * columns }, (_, at) => Math.fround(Math.sin(at)));
const nested = Array.from({ length: rows }, (_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
const tensorJson = JSON.stringify({ x: nested });
const tensorFrame = toSafetensors();
const items = 2000;
const fileBytes = new Uint8Array(20 * 1024 * 1024).fill(7);

/** What is sent, in the order of the report. */
export const workloads: readonly Workload[] = [
  {
    name: 'tensor of 1 MiB in and out, JSON',
    clients: 2,
    requests: 20,
    isFor: () => true,
    async send({ url }) {
      const answer = await post(url, '/echo', tensorJson, { 'content-type': 'application/json' });
      const given = (await answer.json()) as number[][];
      assertSame(given.length * (given[0]?.length ?? 0), values.length, 'elements');
    },
  },
  {
    name: 'tensor of 1 MiB in and out, safetensors',
    clients: 2,
    requests: 200,
    isFor: (peer) => peer === 'bentots',
    async send({ url }) {
      const type = 'application/vnd.safetensors';
      const answer = await post(url, '/echo', tensorFrame, { 'content-type': type, accept: type });
      const given = await answer.arrayBuffer();
      assertSame(given.byteLength > values.byteLength, true, 'elements');
    },
  },
  {
    name: `stream of ${items} items`,
    clients: 4,
    requests: 20,
    isFor: () => true,
    async send({ url }) {
      const body = JSON.stringify({ n: items });
      const answer = await post(url, '/tokens', body, { 'content-type': 'application/json' });
      const text = await answer.text();
      assertSame(text.split(' ').length, items + 1, 'items');
    },
  },
  {
    name: 'upload of 20 MiB',
    clients: 4,
    requests: 20,
    isFor: () => true,
    async send({ url }) {
      const form = new FormData();
      form.set('file', new File([fileBytes], 'weights.bin', { type: 'application/octet-stream' }));
      const answer = await post(url, '/size', form, {});
      assertSame(await answer.json(), fileBytes.length, 'bytes');
    },
  },
];

/** Sends so many requests of a kind, as many at once as it has clients. */
export async function sendAll(workload: Workload, peer: RunningPeer, requests: number): Promise<void> {
  let sent = 0;
  const run = async () => {
    while (sent++ < requests) await workload.send(peer);
  };
  await Promise.all(Array.from({ length: workload.clients }, run));
}

async function post(url: string, path: string, body: RequestInit['body'], headers: Record<string, string>) {
  const answer = await fetch(url + path, { method: 'POST', body, headers });
  if (answer.ok) return answer;
  throw new Error(`${path} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
}

function assertSame<T>(seen: T, wanted: T, what: string): void {
  if (seen !== wanted) throw new Error(`a wrong answer: ${seen} ${what}, not ${wanted}`);
}

function toSafetensors(): Uint8Array<ArrayBuffer> {
  const header = JSON.stringify({ x: { dtype: 'F32', shape: [rows, columns], data_offsets: [0, values.byteLength] } });
  const text = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, Buffer.from(values.buffer)]));
}
