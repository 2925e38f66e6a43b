/** Answers the commands of the user who started the server, over a socket that nobody else can reach. */
import { once } from 'node:events';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isServiceError, ServiceError, toAnswer } from '../../errors.ts';
import { controlPaths, type ReloadLine, type ServerStatus } from './protocol.ts';
import { openRunFolder, type SocketPlace } from './run-folder.ts';

interface ControlDeps {
  status(): ServerStatus;
  /** Reloads; tells how it goes until it resolves or rejects. */
  reload(tell: (line: ReloadLine) => void): Promise<ReloadLine>;
}

/** An open socket. */
export interface Control {
  /** Closes it, and takes it out of the folder at once. */
  close(): void;
}

/**
 * Opens the socket of the server at a port.
 * @throws ServiceError `CONTROL_UNAVAILABLE`.
 */
export async function openControl(home: string, port: number, deps: ControlDeps): Promise<Control> {
  const place = openRunFolder(home).create(port);
  const server = createServer((request, response) => answer(request, response, deps));
  server.maxConnections = 32; // one user's commands
  server.requestTimeout = 5000;
  server.listen(place.temporary);
  try {
    await once(server, 'listening');
    publish(place);
  } catch (cause) {
    server.close();
    const { message: problem } = cause as Error; // what `once` and file operations throw
    throw new ServiceError('CONTROL_UNAVAILABLE', { folder: place.path, problem }, { cause });
  }
  server.on('error', () => {}); // of one connection that could not be accepted: the next one may be
  return {
    close() {
      if (place.path !== place.temporary) rmSync(place.path, { force: true });
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whoever finds the name finds a server behind it, so that one without can be swept. */
function publish({ path, temporary }: SocketPlace): void {
  if (path === temporary) return;
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

function answer(request: IncomingMessage, response: ServerResponse, deps: ControlDeps): void {
  request.resume(); // no command sends a body
  response.setHeader('connection', 'close');
  const asked = `${request.method} ${request.url}`;
  if (asked === `GET ${controlPaths.status}`) {
    response.setHeader('content-type', 'application/json');
    return void response.end(JSON.stringify(deps.status()));
  }
  if (asked === `POST ${controlPaths.reload}`) return void reload(response, deps);
  const { status, body } = toAnswer(
    new ServiceError('NOT_FOUND', { what: asked, remedy: 'use the bento of the server' }),
  );
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Answers line by line; a command that goes away does not stop the reload. */
async function reload(response: ServerResponse, deps: ControlDeps): Promise<void> {
  const write = (line: ReloadLine) => void response.write(`${JSON.stringify(line)}\n`);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  try {
    write(await deps.reload(write));
  } catch (error) {
    write({ kind: 'failed', code: isServiceError(error) ? error.code : 'INTERNAL', error: (error as Error).message });
  }
  response.end();
}
