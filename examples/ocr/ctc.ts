/** Turns what the recognition network says of each column of a line into text. */

/** A text, and how sure the network is of it: the mean probability of its characters, from 0 to 1. */
export interface Reading {
  readonly text: string;
  readonly score: number;
}

/**
 * Reads rows of probabilities, one for each place in the line from left to right and each with one number for each class,
 * by connectionist temporal classification: the likeliest class of each row; a class that goes on is one character, and
 * class 0 separates.
 *
 * @param classes the character of each class.
 * @see https://www.cs.toronto.edu/~graves/icml_2006.pdf Graves and others, section 3.2
 */
export function readRows(probabilities: Float32Array, classes: readonly string[]): Reading {
  let text = '';
  let sum = 0;
  let count = 0;
  let before = 0;
  for (let start = 0; start < probabilities.length; start += classes.length) {
    const [best, probability] = likeliest(probabilities.subarray(start, start + classes.length));
    if (best !== 0 && best !== before) {
      text += classes[best] ?? '';
      sum += probability;
      count++;
    }
    before = best;
  }
  return { text: text.trim(), score: count === 0 ? 0 : sum / count };
}

function likeliest(row: Float32Array): readonly [index: number, probability: number] {
  let best = 0;
  for (let index = 1; index < row.length; index++) if ((row[index] ?? 0) > (row[best] ?? 0)) best = index;
  return [best, row[best] ?? 0];
}
