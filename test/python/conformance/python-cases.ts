/** What the real clients of BentoML see: rows 76 to 88 of the checklist. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonBeside } from '../python.ts';
import { ask } from './ask.ts';
import type { Case, Facets } from './case.ts';
import { get } from './http-case.ts';
import type { Server } from './servers.ts';

type Kind = 'sync' | 'async' | 'socket' | 'ill';

interface Row {
  readonly kind: Kind;
  readonly id: string;
  readonly what: string;
  readonly known: unknown;
}

const program = fileURLToPath(new URL('clients.py', import.meta.url));

/** Runs the program; gives its lines. */
async function runClients(kind: Kind | 'list', url: string): Promise<unknown[]> {
  const said = await pythonBeside(program, kind, url);
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A Unix socket that leads to a server. */
async function withSocket<T>({ url }: Server, use: (url: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-socket-'));
  const path = join(folder, 's');
  const { hostname, port } = new URL(url);
  const door = createServer((socket) => {
    const to = connect(Number(port), hostname);
    socket.pipe(to).pipe(socket);
    for (const end of [socket, to]) end.on('error', () => {}); // either side may leave
  });
  await once(door.listen(path), 'listening');
  try {
    return await use(`file://${path}`);
  } finally {
    door.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs all of a kind for a server. */
async function seeAll(kind: Kind, server: Server): Promise<ReadonlyMap<string, Facets>> {
  if (kind === 'ill') {
    writeFileSync(process.env.CONFORMANCE_ILL ?? '', '');
    while ((await ask(server.url, get('/readyz'))).status === 200); // ours asks the hook from time to time
  }
  const run = (url: string) => runClients(kind, url) as Promise<{ id: string; seen: unknown }[]>;
  const lines = await (kind === 'socket' ? withSocket(server, run) : run(server.url));
  return new Map(lines.map(({ id, seen }) => [id, toFacets(seen)]));
}

function toFacets(seen: unknown): Facets {
  if (typeof seen !== 'object' || seen === null || !('raised' in seen)) return { value: seen };
  const { raised, status, tells } = seen as Facets;
  return { raised, status, errorText: tells };
}

/** All of them, which the program itself lists. */
export async function loadPythonCases(): Promise<readonly Case[]> {
  const rows = (await runClients('list', '')) as readonly Row[];
  const seen = new Map<string, Promise<ReadonlyMap<string, Facets>>>();
  return rows.map(({ kind, id, what, known }) => ({
    id,
    what,
    service: kind === 'ill' ? 'Ill' : 'Conformance',
    known: toFacets(known),
    async run(server) {
      const key = `${kind} ${server.url}`;
      const all = seen.get(key) ?? seeAll(kind, server);
      seen.set(key, all);
      return (await all).get(id) ?? { value: 'the program ended before' };
    },
  }));
}
