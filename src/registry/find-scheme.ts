/** Finds out whether a registry of this machine speaks with encryption: Docker and its like ask it in the same order. */
import { connect } from 'node:tls';
import { isLoopback } from './loopback.ts';

const answerMs = 2000;

/**
 * With encryption, unless it is on this machine and answers in another way. Whether its certificate is trusted is another
 * question, to which no answer is a reason to do without.
 * @param host with its port.
 */
export async function findScheme(host: string, signal: AbortSignal): Promise<'http' | 'https'> {
  const url = new URL(`https://${host}`);
  if (!isLoopback(url.hostname)) return 'https';
  const port = url.port === '' ? 443 : Number(url.port);
  const name = url.hostname.replace(/^\[|\]$/g, '');
  signal.throwIfAborted();
  const socket = connect({ host: name, port, rejectUnauthorized: false });
  let onAbort = () => {};
  try {
    return await new Promise((resolve, reject) => {
      socket.once('secureConnect', () => resolve('https'));
      socket.once('error', () => resolve('http')); // also where nobody listens, which the first question will tell
      socket.setTimeout(answerMs, () => resolve('http'));
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.on('error', () => {}); // whatever comes of a connection that nobody needs
    socket.destroy();
  }
}
