/** Answers what Node's parser refuses: there is no request object then, only a socket. */
import type { Socket } from 'node:net';
import { ServiceError, toAnswer } from '../../errors.ts';

/** The limits that the answers name. */
interface ReadLimits {
  readonly headerLimitBytes: number;
  readonly requestTimeoutMs: number;
}

/** Writes the answer by hand and closes the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket, limits: ReadLimits): void {
  if (error.code === 'HPE_CLOSED_CONNECTION') return; // the answer before has said that it is the last: RFC 9112 section 9.6
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const { status, body } = toAnswer(toUnreadable(error, limits));
  const payload = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Bad Request'}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(payload)}\r\nconnection: close\r\n\r\n${payload}`,
  );
  socket.setTimeout(lingerMs, () => socket.destroy()); // who neither reads nor closes does not stay
}

const lingerMs = 2000; // a connection that is cut at once takes the answer with it

const reasons: { readonly [status: number]: string } = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function toUnreadable(error: NodeJS.ErrnoException, limits: ReadLimits): ServiceError {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return new ServiceError('HEADERS_TOO_LARGE', { limitBytes: limits.headerLimitBytes });
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new ServiceError('REQUEST_TIMEOUT', { limitMs: limits.requestTimeoutMs });
  return new ServiceError('BAD_REQUEST', { problem: error.message.replace(/^Parse Error: /, '') });
}
