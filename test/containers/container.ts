/** Runs an OCI image of a bento, and lets it go again. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A running container. */
export interface Container extends AsyncDisposable {
  readonly url: string;
  post(path: string, body: unknown): Promise<Response>;
  /** Runs a command in it. */
  read(...words: readonly string[]): Promise<string>;
  /** Sends SIGTERM, waits for the end, and gives the exit code. */
  stop(): Promise<number>;
  log(): Promise<string>;
}

/** Starts one, and waits until it is ready. */
export async function startContainer(
  runner: 'docker' | 'podman',
  reference: string,
  words: readonly string[] = [],
): Promise<Container> {
  const name = `bentots-test-${randomUUID()}`;
  const port = await findFreePort();
  const call = async (...all: readonly string[]) => (await run(runner, all, { maxBuffer: 2 ** 26 })).stdout;
  // The network of the host needs neither bridges nor rules for packets.
  await call('run', '--detach', '--name', name, '--network', 'host', '--env', `PORT=${port}`, reference, ...words);
  const url = `http://127.0.0.1:${port}`;
  const logOf = async () => {
    const { stdout, stderr } = await run(runner, ['logs', name], { maxBuffer: 2 ** 26 });
    return stdout + stderr;
  };
  const dispose = async () => void (await call('rm', '--force', name));
  try {
    await untilReady(url, async () => {
      const state = await call('inspect', '--format', '{{.State.Running}}', name);
      if (state.trim() !== 'true') throw new Error(`the container has ended:\n${await logOf()}`);
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    url,
    post: (path, body) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    read: (...command) => call('exec', name, ...command),
    async stop() {
      await call('stop', '--time', '60', name);
      return Number(await call('inspect', '--format', '{{.State.ExitCode}}', name));
    },
    log: logOf,
    [Symbol.asyncDispose]: dispose,
  };
}

/** A container has no line to whoever started it, so that it is asked again and again. */
async function untilReady(url: string, assertRunning: () => Promise<void>): Promise<void> {
  const lateMs = performance.now() + 300_000;
  while (performance.now() < lateMs) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined); // nobody listens yet
    if (answer?.ok) return;
    await assertRunning();
  }
  throw new Error(`${url} was not ready within five minutes`);
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
