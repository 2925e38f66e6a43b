/** The baseline: `node:http` that writes whatever comes to a file, and looks at nothing of it. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { announce } from '../http-overhead/control.ts';

const folder = mkdtempSync(join(tmpdir(), 'bentots-sink-'));
let count = 0;
const server = createServer({ requestTimeout: 0 }, (request, response) => {
  const path = join(folder, String(++count));
  const file = createWriteStream(path);
  request.pipe(file);
  file.once('close', () => {
    rmSync(path);
    response.end(String(file.bytesWritten));
  });
});
server.listen(0, '127.0.0.1', () => {
  announce((server.address() as AddressInfo).port, () => {
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
});
