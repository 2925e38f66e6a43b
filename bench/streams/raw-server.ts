/** The baseline: `node:http` that writes the same chunks, each when the connection has room for it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { announce } from '../http-overhead/control.ts';

const server = createServer(async (request, response) => {
  const { count } = (await json(request)) as { count: number };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let made = 0; made < count && !response.destroyed; made++) {
    if (!response.write('token ')) await once(response, 'drain').catch(() => {});
  }
  response.end();
});
server.listen(0, '127.0.0.1', () => {
  announce((server.address() as AddressInfo).port, () => server.closeAllConnections());
});
