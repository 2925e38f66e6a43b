/** Starts a fixture for a test, with its log at hand. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningService, type StartOptions, startService } from 'bentots/testing';

export type { LogLine } from 'bentots/testing';

/** A server that runs a fixture. */
export interface Started extends RunningService {
  /** POSTs a JSON value, or a body as it is. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
}

/** The path of a fixture's file; one that is absolute already stays. */
export function fixture(name: string): string {
  if (isAbsolute(name)) return name;
  return fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));
}

/** Serves a fixture on a free port. */
export async function start(name: string, options: StartOptions = {}): Promise<Started> {
  const started = await startService(fixture(name), options);
  return {
    ...started,
    post: (path, body, init = {}) =>
      fetch(`${started.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...init.headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(init.signal ? { signal: init.signal } : {}),
      }),
  };
}

/** A file in a folder of its own, in which the other side leaves notes. */
export interface Note extends Disposable {
  readonly path: string;
  text(): string;
  /** Resolves with the text once it has the words, or fits the pattern. */
  until(words: string | RegExp): Promise<string>;
}

/** Creates an empty note. */
export function createNote(): Note {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-test-'));
  const path = join(folder, 'note');
  writeFileSync(path, '');
  const text = () => readFileSync(path, 'utf8');
  return {
    path,
    text,
    async until(words) {
      const fits = () => (typeof words === 'string' ? text().includes(words) : words.test(text()));
      const watcher = watch(path);
      try {
        while (!fits()) await once(watcher, 'change');
      } finally {
        watcher.close();
      }
      return text();
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A bare connection, for what `fetch` would not send. */
export async function dial(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Everything that a connection says until it is closed by the other side. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {}); // a reset after the answer is part of some tests
  await once(socket, 'close');
  return text;
}
