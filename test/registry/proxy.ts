/** A proxy that leads everybody to one server of this machine, whatever they ask for. */
import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** What came by. */
export interface TestProxy extends AsyncDisposable {
  /** Its address and port. */
  readonly host: string;
  /** What it was asked to connect to, with or without a tunnel. */
  readonly asked: string[];
  /** Name and password, with a colon between; undefined for everybody. */
  login: string | undefined;
}

/** @param to address and port of the server. */
export async function startProxy(to: string): Promise<TestProxy> {
  const [host, port] = to.split(':');
  const sockets = new Set<Socket>();
  const isAllowed = (authorization: string | undefined) =>
    proxy.login === undefined || authorization === `Basic ${Buffer.from(proxy.login).toString('base64')}`;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '');
    proxy.asked.push(url.host);
    if (!isAllowed(request.headers['proxy-authorization'])) return void response.writeHead(407).end();
    const { method, headers } = request;
    const onward = ask({ host, port, method, headers, path: `${url.pathname}${url.search}` }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket: Socket) => {
    proxy.asked.push(request.url ?? '');
    sockets.add(socket);
    if (!isAllowed(request.headers['proxy-authorization'])) return void socket.end('HTTP/1.1 407 No\r\n\r\n');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const one of [socket, onward]) one.on('error', () => [socket, onward].forEach((each) => void each.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TestProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    login: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
