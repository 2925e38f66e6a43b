/** Finds the word that a caller's misspelt one was probably meant to be, in bounded time whatever the caller sends. */
import { nearest } from '../config/nearest.ts';

// Comparing two words takes time that grows with the product of their lengths, and a caller can send 10,000 keys to an
// object in which 100 fields are missing: of those, only some that could be meant are compared.
const comparedAtMost = 50;
const longestWord = 64;

/** The nearest of some words; undefined where none is alike. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined;
  const alike: string[] = [];
  for (const candidate of candidates) {
    if (isAlike(word, candidate)) alike.push(candidate);
    if (alike.length === comparedAtMost) break;
  }
  return nearest(word, alike);
}

/**
 * Whether two words share more than half of their letters. `nearest` allows two edits even in short words, by which
 * "age" is near to "name".
 */
function isAlike(word: string, candidate: string): boolean {
  const longer = Math.max(word.length, candidate.length);
  if (candidate.length > longestWord || Math.abs(word.length - candidate.length) > Math.max(2, longer / 3))
    return false;
  const left = [...candidate.toLowerCase()];
  let shared = 0;
  for (const letter of word.toLowerCase()) {
    const at = left.indexOf(letter);
    if (at >= 0) {
      left.splice(at, 1);
      shared++;
    }
  }
  return shared > longer / 2;
}
