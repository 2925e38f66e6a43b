/** Bytes ↔ base64 text (RFC 4648 section 4), with the fastest means that the platform has. */

interface NativeBase64 {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

/** What Node has and browsers have not. */
interface NodeBuffer {
  from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer>;
  from(bytes: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64'): string };
}

const nodeBuffer = (globalThis as { Buffer?: NodeBuffer }).Buffer;
const charactersAtOnce = 0x8000; // more arguments than a call may have otherwise

/** Bytes as base64 text with padding. */
export function toBase64(bytes: Uint8Array): string {
  if (nodeBuffer) return nodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let text = '';
  for (let at = 0; at < bytes.length; at += charactersAtOnce) {
    text += String.fromCharCode(...bytes.subarray(at, at + charactersAtOnce));
  }
  return btoa(text);
}

/** What is wrong with a text that is none. */
export const base64Words =
  'must be base64 text: letters, digits, "+" and "/", filled up to a multiple of four with "="';

/** Whether it is one, in time that grows with its length. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** The bytes of a base64 text; `undefined` if it is none: a wrong letter or a missing one would otherwise pass unseen. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!isBase64(text)) return undefined;
  if (nodeBuffer) return new Uint8Array(nodeBuffer.from(text, 'base64'));
  const native = Uint8Array as NativeBase64;
  return native.fromBase64 ? native.fromBase64(text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
