/** Cuts text into the numbered SentencePiece pieces whose vectors the encoder knows. */

/** One row of `vocab.json`: a piece and the logarithm of its probability, which is always negative. */
export type VocabularyRow = readonly [piece: string, logProbability: number | null];

/** What the tokenizer found: `text` is what was matched, `id` its row in the vocabulary. */
export interface Piece {
  readonly id: number;
  readonly text: string;
}

/**
 * A SentencePiece *unigram* tokenizer, written from the published algorithm.
 *
 * Every piece has a probability, learned once from much text. Of all the ways to cut a word into pieces, the one with
 * the highest product of probabilities wins: the highest sum of their logarithms. The Viterbi algorithm finds it
 * without trying them all, because the best way to reach a position only needs the best ways to reach earlier ones.
 *
 * @see https://arxiv.org/abs/1804.10959 Kudo, "Subword Regularization", section 3.2: the unigram language model
 * @see https://arxiv.org/abs/1808.06226 Kudo and Richardson, "SentencePiece", section 3: spaces as U+2581, and NFKC
 */
export class Tokenizer {
  readonly #pieces: ReadonlyMap<string, ScoredId>;
  readonly #longestPiece: number;
  readonly #unknownScore: number;

  constructor(vocabulary: readonly VocabularyRow[]) {
    const scores = repairScores(vocabulary);
    this.#pieces = indexPieces(vocabulary, scores);
    this.#longestPiece = Math.max(0, ...[...this.#pieces.keys()].map((piece) => piece.length));
    this.#unknownScore = Math.min(0, ...scores) - unknownPenalty;
  }

  /**
   * The pieces of a text, at most `limit`; what comes after them is not read. None for a text of nothing but spaces.
   *
   * No piece has a space other than at its start, so the best way to cut a text is the best way to cut each word, and
   * the work ends with the word that reaches the limit.
   */
  cut(text: string, limit: number): Piece[] {
    const longestUseful = limit * this.#longestPiece; // code units that `limit` pieces can cover
    const pieces: Piece[] = [];
    for (const word of wordsOf(text.slice(0, slack * longestUseful))) {
      if (pieces.length >= limit) break;
      pieces.push(...this.#cutWord(word.slice(0, longestUseful)));
    }
    return pieces.slice(0, limit);
  }

  #cutWord(word: string): Piece[] {
    const symbols = [...word]; // code points, so that an emoji is one symbol and not two halves
    const best: Step[] = [{ score: 0, from: 0, id: unknownId }];
    for (let end = 1; end <= symbols.length; end++) best.push(this.#bestStepTo(end, symbols, best));
    return mergeUnknown(walkBack(symbols, best));
  }

  /** The last piece of the likeliest way from the start of the word to `end`. */
  #bestStepTo(end: number, symbols: readonly string[], best: readonly Step[]): Step {
    let winner: Step = { score: Number.NEGATIVE_INFINITY, from: end - 1, id: unknownId };
    let text = '';
    for (let from = end - 1; from >= Math.max(0, end - this.#longestPiece); from--) {
      text = symbols[from] + text;
      const known = this.#pieces.get(text) ?? (from === end - 1 ? { id: unknownId, score: this.#unknownScore } : null);
      const before = best[from];
      if (!known || !before) continue;
      const score = before.score + known.score;
      if (score > winner.score) winner = { score, from, id: known.id };
    }
    return winner;
  }
}

interface ScoredId {
  readonly id: number;
  readonly score: number;
}

/** The best way to one position: its score, where its last piece starts, and which piece that is. */
interface Step extends ScoredId {
  readonly from: number;
}

const wordStart = '\u2581'; // "▁", SentencePiece's visible space

/** Rows 0 to 5 are marks for the model (unknown, start, end, three spare ones); text never matches them. */
const reservedRows = 6;
const unknownId = 0;

/** `kUnkPenalty` of SentencePiece's unigram_model.cc: a symbol outside the vocabulary loses to any known piece. */
const unknownPenalty = 10;

/** How much more text is read than pieces can cover: room for runs of spaces, and for marks that NFKC combines. */
const slack = 2;

/**
 * The words of a text as SentencePiece sees them: compatibility forms made plain ("ﬁ" → "fi", "Ａ" → "A"), runs of
 * white space as one, a visible space before each word and also before the first.
 */
function wordsOf(text: string): string[] {
  const words = text.normalize('NFKC').split(/[\s\u2581]+/u);
  return words.filter((word) => word !== '').map((word) => wordStart + word);
}

/**
 * The scores, with the damaged ones mended: as if its lines had been split at ":", nine pieces with a colon have none in
 * the file, or a part of themselves (":30" has 30). The rows are sorted, likeliest first, so the score of the row above
 * is right to the third digit.
 */
function repairScores(vocabulary: readonly VocabularyRow[]): number[] {
  const scores: number[] = [];
  vocabulary.forEach(([, score], row) => {
    const isDamaged = row >= reservedRows && (score === null || score >= 0);
    scores.push((isDamaged ? scores[row - 1] : score) ?? 0);
  });
  return scores;
}

function indexPieces(vocabulary: readonly VocabularyRow[], scores: readonly number[]): Map<string, ScoredId> {
  const index = new Map<string, ScoredId>();
  vocabulary.forEach(([piece], id) => {
    // The same piece may be listed again, less likely: the first row is the one that Viterbi would choose.
    if (id >= reservedRows && !index.has(piece)) index.set(piece, { id, score: scores[id] ?? 0 });
  });
  return index;
}

/** Reads the winning way from its end back to the start of the word. */
function walkBack(symbols: readonly string[], best: readonly Step[]): Piece[] {
  const pieces: Piece[] = [];
  let end = symbols.length;
  while (end > 0) {
    const step = best[end];
    if (!step) break;
    pieces.unshift({ id: step.id, text: symbols.slice(step.from, end).join('') });
    end = step.from;
  }
  return pieces;
}

/** A run of unknown symbols counts as one unknown piece, as in SentencePiece's own encoder. */
function mergeUnknown(pieces: readonly Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (piece.id === unknownId && last?.id === unknownId) {
      merged[merged.length - 1] = { id: unknownId, text: last.text + piece.text };
    } else {
      merged.push(piece);
    }
  }
  return merged;
}
