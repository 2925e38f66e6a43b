/** Turns the tokens of a SentencePiece vocabulary into text, one after the other. */

/** Tokens that stand for one byte, where the vocabulary has no piece for a character: `<0xE2>`. */
const byteToken = /^<0x([0-9A-F]{2})>$/;

/** The first tokens are marks for the model: unknown, start, end. So are those beyond the vocabulary. */
const marks = 3;

/**
 * Gives a function that takes a token and gives its text, with SentencePiece's "▁" as a space; nothing yet where
 * a character wants more bytes.
 *
 * @param vocabulary the piece of each token.
 */
export function createSpeller(vocabulary: readonly string[]): (token: number) => string {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  return (token) => {
    const piece = token < marks ? undefined : vocabulary[token];
    if (piece === undefined) return '';
    const byte = byteToken.exec(piece)?.[1];
    const bytes =
      byte === undefined ? encoder.encode(piece.replaceAll('▁', ' ')) : Uint8Array.of(Number.parseInt(byte, 16));
    return decoder.decode(bytes, { stream: true });
  };
}
