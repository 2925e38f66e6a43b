/** Finds the servers that a user runs, and asks them. */
import { rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { ServiceError } from '../../errors.ts';
import { controlPaths, type ReloadLine, type ServerStatus } from './protocol.ts';
import { openRunFolder, type SocketPlace } from './run-folder.ts';

/** A server that was found. */
export interface FoundServer {
  readonly place: SocketPlace;
  /** How it is, or why it does not say. */
  readonly answer: { readonly status: ServerStatus } | { readonly problem: string };
}

const answerWithinMs = 3000; // a gateway that is busy answers in milliseconds; one that was stopped by a signal never

/**
 * Asks every server of a home, those at lower ports first; what servers that were killed left behind is removed.
 * @throws ServiceError `CONTROL_UNAVAILABLE`.
 */
export async function findServers(home: string): Promise<readonly FoundServer[]> {
  const places = [...openRunFolder(home).list()].sort((one, other) => one.port - other.port);
  const found = await Promise.all(places.map(askStatus));
  return found.flatMap((server) => server ?? []);
}

async function askStatus(place: SocketPlace): Promise<FoundServer | undefined> {
  try {
    const response = await ask(place, 'GET', controlPaths.status, answerWithinMs);
    if (response.statusCode !== 200) {
      response.destroy();
      return { place, answer: { problem: 'it runs another version of bentots; ask it with the bento of that one' } };
    }
    return { place, answer: { status: (await json(response)) as ServerStatus } }; // said by a server of ours
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what sockets throw
    if (code === 'ENOENT') return undefined; // it has just stopped
    if (code !== 'ECONNREFUSED') return { place, answer: { problem: `it does not answer (${message})` } };
    if (place.isLocal) rmSync(place.path, { force: true }); // nobody listens, and nobody will: the name is never used again
    return undefined;
  }
}

/**
 * Has a server reload; resolves with the last line, `reloaded` or `failed`.
 * @param tell is told the others.
 * @throws ServiceError `CONTROL_UNAVAILABLE` if the server ends before.
 */
export async function askReload(place: SocketPlace, tell: (line: ReloadLine) => void): Promise<ReloadLine> {
  const lost = (cause?: unknown) => {
    const problem = 'the server ended, or closed it, before the reload was over';
    return new ServiceError('CONTROL_UNAVAILABLE', { folder: place.path, problem }, { cause });
  };
  try {
    const response = await ask(place, 'POST', controlPaths.reload);
    for await (const text of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = JSON.parse(text) as ReloadLine; // said by a server of ours
      if (line.kind === 'reloaded' || line.kind === 'failed') return line;
      tell(line);
    }
  } catch (cause) {
    throw lost(cause);
  }
  throw lost();
}

/** @param timeoutMs until the whole answer is there; none where it takes as long as it takes. */
function ask(place: SocketPlace, method: string, path: string, timeoutMs?: number): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) };
  request({ socketPath: place.path, path, method, agent: false, ...signal }, resolve)
    .on('error', reject)
    .end();
  return promise;
}
