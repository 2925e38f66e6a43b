/** Sends the body of an answer: at once what is in memory, and piece by piece what lies on disk. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { ServiceError } from '../../errors.ts';
import type { AnswerBody } from '../../io/answer.ts';
import { type FileOnDisk, isOnDisk } from '../../io/file-content.ts';
import type { Piece } from '../../io/form-data.ts';

/** A part of a file on disk; both ends are included. */
export interface FilePart extends FileOnDisk {
  readonly start: number;
  readonly end: number;
}

/** How many bytes a body has. */
export function lengthOf(body: AnswerBody): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return piecesOf(body).reduce((length, piece) => length + (isOnDisk(piece) ? piece.size : piece.length), 0);
}

/**
 * Sends a body whose head was sent.
 * @param idleMs how long the caller may take nothing of a file.
 * @throws ServiceError `CANCELLED` if the caller leaves meanwhile.
 */
export function sendBody(response: ServerResponse, body: AnswerBody, idleMs: number): void | Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return void response.end(body);
  const pieces = piecesOf(body);
  if (pieces.some(isOnDisk)) return sendFiles(response, pieces, idleMs);
  response.cork(); // several pieces, one write to the socket
  for (const piece of pieces) response.write(piece);
  response.end();
}

function piecesOf(body: Exclude<AnswerBody, string>): readonly Piece[] {
  return [body].flat();
}

async function sendFiles(response: ServerResponse, pieces: readonly Piece[], idleMs: number): Promise<void> {
  const left = new AbortController();
  const leave = () => left.abort(new ServiceError('CANCELLED', {}));
  if (response.closed) leave(); // while the file was looked at
  response.once('close', leave);
  response.setTimeout(idleMs, () => response.destroy()); // what the operating system takes is a sign of life
  for await (const chunk of read(pieces)) {
    left.signal.throwIfAborted();
    if (response.write(chunk)) continue;
    await once(response, 'drain', { signal: left.signal }).catch(() => left.signal.throwIfAborted());
  }
  response.end();
}

async function* read(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (isOnDisk(piece)) yield* createReadStream(piece.path, piece as Partial<FilePart>) as AsyncIterable<Uint8Array>;
    else yield piece;
  }
}
