/** Knows which connections are in the middle of something, so that a stop need not wait for those that are not. */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NetworkBytes } from '../../observe/server-metrics.ts';

/** The connections of one server. */
export interface Connections {
  /** Notes that an answer is under way. */
  begin(socket: Socket, response: ServerResponse): void;
  /**
   * Runs something, once, when the answers under way on a connection have ended: now, if there are none or the request of
   * the last one has not come in whole.
   */
  afterAnswers(socket: Socket, run: () => void): void;
  /** Has the answers under way say that theirs is the last one on its connection. */
  announceClose(): void;
  /** From now on closes every connection as soon as nothing is under way on it. */
  closeWhenIdle(): void;
  /** What went through all of them until now. */
  bytes(): NetworkBytes;
}

/**
 * Watches a server. Node's own `closeIdleConnections` leaves open what has not sent its first request yet: a client's
 * spare connection would hold up a stop for as long as headers may take.
 */
export function watchConnections(server: Server): Connections {
  const open = new Map<Socket, Connection>();
  const closed = { received: 0, sent: 0 };
  let isClosing = false;

  server.on('connection', (socket: Socket) => {
    if (isClosing) return void socket.destroy();
    open.set(socket, { underWay: 0, latest: undefined, after: undefined });
    socket.once('close', () => {
      open.delete(socket);
      closed.received += socket.bytesRead;
      closed.sent += socket.bytesWritten;
    });
  });

  return {
    begin(socket, response) {
      const connection = open.get(socket);
      if (!connection) return; // closed already
      connection.underWay++;
      connection.latest = response;
      response.once('close', () => {
        connection.underWay--;
        if (connection.latest === response) connection.latest = undefined;
        if (connection.underWay > 0) return;
        connection.after?.();
        if (isClosing) socket.end();
      });
    },
    afterAnswers(socket, run) {
      const connection = open.get(socket);
      if (!connection?.latest?.req.complete) return run();
      connection.after ??= run;
    },
    announceClose() {
      for (const { latest } of open.values())
        if (latest && !latest.headersSent) latest.setHeader('connection', 'close');
    },
    bytes() {
      let { received, sent } = closed;
      for (const { bytesRead, bytesWritten } of open.keys()) {
        received += bytesRead;
        sent += bytesWritten;
      }
      return { received, sent };
    },
    closeWhenIdle() {
      isClosing = true;
      for (const [socket, { underWay }] of open) if (underWay === 0) socket.destroy();
    },
  };
}

interface Connection {
  /** Answers that have not ended. */
  underWay: number;
  /** The one that was asked for last, if it has not ended. */
  latest: ServerResponse | undefined;
  /** What happens when none is under way any more. */
  after: (() => void) | undefined;
}
