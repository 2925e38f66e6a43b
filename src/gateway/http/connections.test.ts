import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { watchConnections } from './connections.ts';

/** A server that answers when the test says so. */
async function start() {
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    connections.begin(request.socket, response);
    responses.push(response);
    server.emit('asked');
  });
  const connections = watchConnections(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server has no other kind of address
  return {
    server,
    responses,
    closeWhenIdle: connections.closeWhenIdle,
    announceClose: connections.announceClose,
    async dial(): Promise<Socket> {
      const arrived = once(server, 'connection');
      const socket = connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      await arrived;
      return socket;
    },
    async ask(socket: Socket, times = 1): Promise<void> {
      const wanted = responses.length + times;
      socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(times));
      while (responses.length < wanted) await once(server, 'asked');
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

test('a spare connection that has asked nothing does not hold up a stop', async () => {
  await using door = await start();
  const spare = await door.dial();
  door.server.close();
  door.closeWhenIdle();
  await Promise.all([once(spare, 'close'), once(door.server, 'close')]);
});

test('a connection that waits for its next request is closed', async () => {
  await using door = await start();
  const socket = await door.dial();
  await door.ask(socket);
  door.responses[0]?.end('x');
  await once(door.responses[0] as ServerResponse, 'close');
  door.server.close();
  door.closeWhenIdle();
  await once(socket, 'close');
});

test('an answer under way is finished first', async () => {
  await using door = await start();
  const socket = await door.dial();
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await door.ask(socket);
  door.server.close();
  door.closeWhenIdle();
  door.responses[0]?.end('whole');
  await once(socket, 'close');
  assert.match(text, /whole/);
});

test('of requests in one packet all are answered', async () => {
  await using door = await start();
  const socket = await door.dial();
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await door.ask(socket, 2);
  door.server.close();
  door.closeWhenIdle();
  door.responses[0]?.end('first');
  await once(door.responses[0] as ServerResponse, 'close');
  door.responses[1]?.end('second');
  await once(socket, 'close');
  assert.match(text, /first[\s\S]*second/);
});

test('before a stop nothing is closed', async () => {
  await using door = await start();
  const socket = await door.dial();
  for (let n = 0; n < 3; n++) {
    await door.ask(socket);
    door.responses[n]?.end('x');
    await once(door.responses[n] as ServerResponse, 'close');
  }
  assert.equal(socket.destroyed, false);
});

test('a connection that arrives while the door closes is closed, too', async () => {
  await using door = await start();
  door.closeWhenIdle();
  const late = await door.dial();
  await once(late, 'close', { signal: AbortSignal.timeout(1000) });
});

test('an answer under way when the close is announced says that its connection ends', async () => {
  await using door = await start();
  const sockets = [await door.dial(), await door.dial()];
  for (const socket of sockets) await door.ask(socket);
  door.responses[0]?.end(); // has said already that the connection stays
  door.announceClose();
  assert.equal(door.responses[1]?.getHeader('connection'), 'close');
  const [, socket] = sockets;
  door.responses[1]?.end();
  await once(socket as Socket, 'close');
});
