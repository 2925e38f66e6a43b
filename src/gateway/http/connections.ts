/** Knows which connections are in the middle of something, so that a stop need not wait for those that are not. */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of one server. */
export interface Connections {
  /** Notes that an answer is under way. */
  begin(socket: Socket, response: ServerResponse): void;
  /** From now on closes every connection as soon as nothing is under way on it. */
  closeWhenIdle(): void;
}

/**
 * Watches a server. Node's own `closeIdleConnections` leaves open what has not sent its first request yet: a client's
 * spare connection would hold up a stop for as long as headers may take.
 */
export function watchConnections(server: Server): Connections {
  const underWay = new Map<Socket, number>();
  let isClosing = false;

  server.on('connection', (socket: Socket) => {
    if (isClosing) return void socket.destroy();
    underWay.set(socket, 0);
    socket.once('close', () => underWay.delete(socket));
  });

  return {
    begin(socket, response) {
      underWay.set(socket, (underWay.get(socket) ?? 0) + 1);
      response.once('close', () => {
        const left = (underWay.get(socket) ?? 1) - 1;
        if (!socket.destroyed) underWay.set(socket, left);
        if (isClosing && left === 0) socket.end();
      });
    },
    closeWhenIdle() {
      isClosing = true;
      for (const [socket, count] of underWay) if (count === 0) socket.destroy();
    },
  };
}
