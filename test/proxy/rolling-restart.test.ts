/** Two servers behind HAProxy are restarted in turns, as at a deployment: RESTARTS times, at RATE requests a second. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { bento, type Running } from '../bento.ts';
import { fixture } from '../start.ts';
import { type LoadResult, startLoad } from '../steady-load.ts';

const { HAPROXY = 'haproxy', RESTARTS = '3', RATE = '500' } = process.env;

// Neither retries nor another server for what has failed: nothing hides what a stop loses. Only an answer takes a server
// out; a machine that is busy does not.
const configuration = (ports: readonly number[], front: number) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout check 10s
  retries 0
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host proxy
listen bentots
  bind 127.0.0.1:${front}
  balance roundrobin
  default-server check inter 200ms fall 1 rise 1
${ports.map((port) => `  server at-${port} 127.0.0.1:${port}`).join('\n')}
listen status
  bind 127.0.0.1:${front + 1}
  stats enable
  stats uri /
`;

/** Two neighbours that are free now. */
async function freePorts(): Promise<number> {
  for (;;) {
    const servers = [createServer(), createServer()];
    try {
      const [first, second] = servers as [(typeof servers)[number], (typeof servers)[number]];
      first.listen(0, '127.0.0.1');
      await once(first, 'listening');
      const { port } = first.address() as { port: number }; // a TCP server has no other kind of address
      second.listen(port + 1, '127.0.0.1');
      await once(second, 'listening');
      return port;
    } catch {
      // the neighbour is taken: another pair
    } finally {
      for (const server of servers) server.close();
    }
  }
}

async function startProxy(ports: readonly number[]) {
  const front = await freePorts();
  const folder = mkdtempSync(join(tmpdir(), 'bentots-proxy-'));
  writeFileSync(join(folder, 'haproxy.cfg'), configuration(ports, front));
  const child = spawn(HAPROXY, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  return {
    url: `http://127.0.0.1:${front}`,
    /** Resolves when the proxy sends requests to all servers. */
    async untilAllUp() {
      for (;;) {
        const table = await fetch(`http://127.0.0.1:${front + 1}/;csv`).then(
          (response) => response.text(),
          () => '', // it starts
        );
        if (ports.every((port) => new RegExp(`^bentots,at-${port},.*,UP,`, 'm').test(table))) return;
        await setTimeout(50); // it tells nobody by itself
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

async function startServer(port: number, drainDelayMs: number): Promise<Running> {
  const words = ['serve', fixture('steady'), '--port', String(port), '--drain-delay', String(drainDelayMs)];
  const server = bento(words);
  await server.says('Ctrl-C');
  server.child.stdout?.resume();
  return server;
}

async function restartUnderLoad(restarts: number, drainDelayMs: number): Promise<LoadResult> {
  const port = await freePorts();
  const servers = [await startServer(port, drainDelayMs), await startServer(port + 1, drainDelayMs)];
  try {
    await using proxy = await startProxy([port, port + 1]);
    await proxy.untilAllUp();
    const load = startLoad({ url: proxy.url, requestsPerSecond: Number(RATE), streams: 10 });
    for (let count = 0; count < restarts; count++) {
      const turn = count % 2;
      const server = servers[turn] as Running; // of two
      server.child.kill('SIGTERM');
      assert.equal((await server.finished).end, 0);
      servers[turn] = await startServer(port + turn, drainDelayMs);
      await proxy.untilAllUp();
    }
    return await load.stop();
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
  }
}

test(`${RESTARTS} restarts of servers behind a proxy fail no request and cut no stream`, async (t) => {
  const result = await restartUnderLoad(Number(RESTARTS), 3000);
  t.diagnostic(JSON.stringify(result));
  assert.deepEqual(result.failures, {});
});

test('without the delay some fail: the proxy learns too late that a server stops', async (t) => {
  const result = await restartUnderLoad(2, 0);
  t.diagnostic(JSON.stringify(result));
  assert.notDeepEqual(result.failures, {});
});
