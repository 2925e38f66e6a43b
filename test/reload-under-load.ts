/** Reloads a server again and again while a crowd asks it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerStatus } from '../src/gateway/control/protocol.ts';
import { bento, type Finished, urlIn } from './bento.ts';
import { fixture } from './start.ts';
import { type LoadResult, startLoad } from './steady-load.ts';

interface Plan {
  readonly reloads: number;
  readonly requestsPerSecond: number;
  readonly streams: number;
  readonly workers: number;
}

/** What came of it. */
export interface ReloadResult extends LoadResult {
  readonly reloads: number;
  /** What the gateway's process held after each reload, under load, in MiB. */
  readonly residentMiB: readonly number[];
  /** The least of its heap that was in use then: what is left when the garbage has been collected, more or less. */
  readonly heapMiB: readonly number[];
  /** How the server was in the end. */
  readonly status: ServerStatus;
}

/** Serves the fixture with the command, and asks for reloads with the command, too. */
export async function reloadUnderLoad({ reloads, requestsPerSecond, streams, workers }: Plan): Promise<ReloadResult> {
  const home = mkdtempSync(join(tmpdir(), 'bentots-home-'));
  const env = { BENTOML_HOME: home };
  const ask = async (...words: string[]): Promise<Finished> => {
    await using command = bento(words, { env });
    return await command.finished;
  };
  try {
    await using server = bento(['serve', fixture('steady'), '--port', '0', '--workers', String(workers)], { env });
    const url = urlIn(await server.says('Ctrl-C'));
    server.child.stdout?.resume();
    const load = startLoad({ url, requestsPerSecond, streams });
    const residentMiB: number[] = [];
    const heapMiB: number[] = [];
    for (let count = 0; count < reloads; count++) {
      const before = load.sent;
      const { end, stdout, stderr } = await ask('reload');
      assert.equal(end, 0, stdout + stderr);
      const seen = [await memoryOf(url)];
      while (load.sent < before + requestsPerSecond) {
        await once(server.child.stdout as NodeJS.ReadableStream, 'data');
        seen.push(await memoryOf(url));
      }
      residentMiB.push(Math.max(...seen.map(({ resident }) => resident)));
      heapMiB.push(Math.min(...seen.map(({ heap }) => heap)));
    }
    const result = await load.stop();
    let status: ServerStatus | undefined;
    do [status] = JSON.parse((await ask('status', '-o', 'json')).stdout) as ServerStatus[];
    while (status?.generations.length !== 1); // the one before the last ends
    return { ...result, reloads, residentMiB, heapMiB, status };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** In MiB, as the gateway says. */
async function memoryOf(url: string): Promise<{ readonly heap: number; readonly resident: number }> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string) => Math.round(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]) / 1024 ** 2);
  return { heap: read('nodejs_heap_size_used_bytes'), resident: read('process_resident_memory_bytes') };
}
