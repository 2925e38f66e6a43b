/** JSON text from outside → a value, refusing what JSON.parse would let through to do harm. */
import { ServiceError } from '../errors.ts';
import { areBytesDeeper, countOpening, isDeeper } from './json-depth.ts';
import { decodeUtf8 } from './utf-8.ts';

/**
 * Parses a body. Nested deeper than `depthLimit`, invalid UTF-8, `__proto__` keys and lone surrogates are refused.
 * @param what begins the message, where it is not the body.
 * @throws ServiceError `MALFORMED_BODY`.
 */
export function parseJson(body: Uint8Array, depthLimit: number, what = 'the body'): unknown {
  const text = decodeUtf8(body, what);
  // A level takes some 110 bytes while it is parsed. With so few brackets even a nest of them takes no more memory than
  // other bodies of the length, and the value is looked through several times as fast as its bytes.
  const few = Math.max(depthLimit, text.length / 32);
  const brackets = countOpening(text, few);
  if (brackets > few && areBytesDeeper(body, depthLimit)) throw tooDeep(what, depthLimit);
  const value = parse(text, what);
  const mayBeDeep = brackets > depthLimit && brackets <= few && typeof value === 'object' && value !== null;
  if (mayBeDeep && isDeeper(value, depthLimit)) throw tooDeep(what, depthLimit);
  if (text.includes(unicodeEscape) && /\\u[dD][89a-fA-F]/.test(text)) refuseLoneSurrogates(value, '');
  return value;
}

const unicodeEscape = '\\u'; // a text is found much faster than a pattern

function tooDeep(what: string, limit: number): ServiceError<'MALFORMED_BODY'> {
  return new ServiceError('MALFORMED_BODY', { problem: `${what} is nested deeper than ${limit} levels` });
}

function parse(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const problem = `${what} is not valid JSON: ${(cause as Error).message.slice(0, 200)}`;
    throw new ServiceError('MALFORMED_BODY', { problem }, { cause });
  }
  const isSuspect = text.includes('__proto__') || text.includes('prototype') || text.includes(unicodeEscape);
  if (isSuspect) refuseTreacherous(value, what);
  return value;
}

/**
 * Refuses objects that change others once they are merged into them without care.
 * @throws ServiceError `MALFORMED_BODY`.
 */
export function refuseTreacherous(value: unknown, what: string): void {
  if (!isTreacherous(value)) return;
  const problem = `${what} has the key "__proto__" or a "constructor" with a "prototype", which are not accepted`;
  throw new ServiceError('MALFORMED_BODY', { problem });
}

function isTreacherous(value: unknown): boolean {
  const open = [value];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (Object.hasOwn(node, '__proto__')) return true;
    const inner = Object.hasOwn(node, 'constructor') ? node.constructor : undefined;
    if (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype')) return true;
    for (const item of Object.values(node)) if (typeof item === 'object') open.push(item);
  }
  return false;
}

// A lone surrogate cannot be written as UTF-8: it would silently become U+FFFD on its way to a native tokenizer.
function refuseLoneSurrogates(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return;
    throw new ServiceError('MALFORMED_BODY', {
      problem: `the text at ${path || 'the top'} has half of a surrogate pair, which is no character`,
    });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    refuseLoneSurrogates(key, `${path}/${key.toWellFormed()}`);
    refuseLoneSurrogates(inner, `${path}/${key.toWellFormed()}`);
  }
}
