/** Starts a service for a test, with a client and its log at hand. */
/// <reference lib="esnext.disposable" preserve="true" /> for projects whose own `lib` is older than our handle
import { fileURLToPath } from 'node:url';
import type { Client } from '../client/client-types.ts';
import { createClient } from '../client/create-client.ts';
import { type ServeOptions, type ServerHandle, serveWith } from '../gateway/serve.ts';
import { startProcess } from '../pool/worker-process.ts';
import { startInline } from './inline-worker.ts';

/** Options of {@link startService}: those of `serve`, but that the port is any free one and the log is kept. */
export interface StartOptions
  extends Omit<ServeOptions, 'port' | 'logFormat' | 'logTo' | 'reload' | 'reloadPollMs' | 'onReload'> {
  /**
   * Runs the service in the process of the test: breakpoints, coverage and what the test puts in place of a module reach
   * it, and it starts sooner. A method that blocks then blocks the test, and one that ends its process ends the test.
   *
   * @default false
   */
  readonly inProcess?: boolean;
}

/** One line of the log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** As ISO 8601 writes it. */
  readonly time: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A service that runs until the end of its block: `await using`. */
export interface RunningService<S = unknown> extends AsyncDisposable {
  /** Where it can be reached, for example `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Calls its methods as other programs would. */
  readonly client: Client<S>;
  readonly server: ServerHandle;
  /** What it has logged since it began; with what its methods print, if it has a process of its own. */
  readonly log: readonly LogLine[];
  /**
   * The first line of the log, past or to come, that fits.
   * @throws Error if the service stops before there is one.
   */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>;
}

/**
 * Starts the service of a file on a free port; resolves when every worker is ready.
 *
 * @param target `file`, `file:Class`, a folder, or a file's URL with the class after a `#`.
 * @example
 * ```ts no-check: it stands beside a service
 * await using greeter = await startService<Greeter>(new URL('./service.ts', import.meta.url));
 * assert.equal(await greeter.client.greet('you'), 'Hello, you!');
 * ```
 * @throws ServiceError as `serve` does.
 */
export async function startService<S = unknown>(
  target: string | URL,
  { inProcess = false, ...options }: StartOptions = {},
): Promise<RunningService<S>> {
  const log = createLogRecord();
  const given = { ...options, port: 0, logFormat: 'json', logTo: log } as const;
  const server = endWith(await serveWith(inProcess ? startInline : startProcess, toTarget(target), given), log.end);
  return {
    url: server.url,
    client: createClient<S>(server.url),
    server,
    log: log.lines,
    line: log.find,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** The same server, which tells when it has stopped, whoever stops it. */
function endWith(server: ServerHandle, onEnd: () => void): ServerHandle {
  const stop: ServerHandle['stop'] = (options) => server.stop(options).finally(onEnd);
  return {
    url: server.url,
    get spec() {
      return server.spec;
    },
    reload: server.reload,
    stop,
    kill() {
      server.kill();
      void stop();
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}

function toTarget(target: string | URL): string {
  if (typeof target === 'string') return target;
  const file = fileURLToPath(new URL(target.pathname, target));
  return target.hash === '' ? file : `${file}:${decodeURIComponent(target.hash.slice(1))}`;
}

function createLogRecord() {
  const lines: LogLine[] = [];
  let hasEnded = false;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const look of woken) look();
  };
  return {
    lines,
    write(text: string) {
      lines.push(JSON.parse(text) as LogLine); // written by our own log, line by line
      wake();
    },
    end() {
      hasEnded = true;
      wake();
    },
    async find(fits: (line: LogLine) => boolean): Promise<LogLine> {
      for (let at = 0; ; at++) {
        while (at >= lines.length && !hasEnded) await new Promise<void>((resolve) => waiting.push(resolve));
        const line = lines[at];
        if (!line) throw new Error(`the service has stopped, and none of its ${lines.length} log lines fits`);
        if (fits(line)) return line;
      }
    },
  };
}
