/** The baseline: `node:http` and JSON, nothing else. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { announce } from './control.ts';
import { predict } from './predict.ts';

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { features } = JSON.parse(Buffer.concat(chunks).toString()) as { features: number[] };
    const payload = JSON.stringify(predict(features));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) });
    response.end(payload);
  });
});
server.listen(0, '127.0.0.1', () => {
  announce((server.address() as AddressInfo).port, () => server.closeAllConnections());
});
