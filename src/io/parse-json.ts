/** JSON text from outside → a value, refusing what JSON.parse would let through to do harm. */
import secureJson from 'secure-json-parse';
import { ServiceError } from '../errors.ts';
import { decodeUtf8 } from './utf-8.ts';

/**
 * Parses a body. Nested deeper than `depthLimit`, invalid UTF-8, `__proto__` keys and lone surrogates are refused.
 * @throws ServiceError `MALFORMED_BODY`.
 */
export function parseJson(body: Uint8Array, depthLimit: number): unknown {
  const text = decodeUtf8(body);
  if (opensMoreThan(text, depthLimit)) refuseDepth(text, depthLimit);
  const value = parse(text);
  if (/\\u[dD][89a-fA-F]/.test(text)) refuseLoneSurrogates(value, '');
  return value;
}

function parse(text: string): unknown {
  try {
    return secureJson.parse(text, null, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const isForbidden = cause.message.includes('forbidden prototype property');
    const problem = isForbidden
      ? 'the body has the key "__proto__" or a "constructor" with a "prototype", which are not accepted'
      : `the body is not valid JSON: ${cause.message.slice(0, 200)}`;
    throw new ServiceError('MALFORMED_BODY', { problem }, { cause });
  }
}

/** Whether there are more opening brackets than the limit; if not, it cannot be deeper. `indexOf` sees 16 and more characters at a time. */
function opensMoreThan(text: string, limit: number): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count++;
      if (count > limit) return true;
    }
  }
  return false;
}

const quote = 0x22;
const backslash = 0x5c;

function refuseDepth(text: string, limit: number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      i = endOfString(text, i);
    } else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > limit) {
        throw new ServiceError('MALFORMED_BODY', { problem: `the body is nested deeper than ${limit} levels` });
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length; // unterminated; the parser will say so
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
