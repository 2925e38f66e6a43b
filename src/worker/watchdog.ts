/** A thread that ends its process when the gateway is gone, even if the process's main thread never yields. */
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';

const { livenessFd, gatewayPid } = workerData as { livenessFd: number; gatewayPid: number };

const end = () => process.kill(process.pid, 'SIGKILL');

if (process.platform === 'win32') {
  // Inherited pipes are no sockets there; ask once a second whether the gateway still exists.
  setInterval(() => {
    try {
      process.kill(gatewayPid, 0);
    } catch {
      end();
    }
  }, 1000);
} else {
  // The gateway holds the other end and never writes: the operating system closes it with the gateway.
  new Socket({ fd: livenessFd, readable: true, writable: false }).on('end', end).on('error', end).resume();
}
