/** Shows a place of a source as an editor would: its line with its number, and carets below what is meant. */

/** Columns of a source that are shown at most; longer lines are cut around the place. */
const shownColumns = 120;
const leadColumns = 70; // before the place; of more than that, the nearest part
const cutLeadColumns = 40;
const readUnits = 4 * shownColumns; // a minified line has megabytes

/**
 * Two lines, the second of which underlines the place.
 * @param line counts from 1, as does `column`, in UTF-16 units.
 * @param length of what to underline; the word at the place if left out. Only the first line of it is underlined.
 * @returns undefined where the text has no such line.
 */
export function codeFrame(text: string, line: number, column: number, length?: number): string | undefined {
  const source = lineOf(text, line);
  if (source === undefined) return undefined;
  const at = Math.min(column - 1, source.length);
  const end = at + Math.max(1, length ?? wordLength(source.slice(at, at + readUnits)));
  const before = cutLead(cellsOf(source.slice(Math.max(0, at - readUnits), at)), at > readUnits);
  const room = shownColumns - widthOf(before);
  const marked = cut(cellsOf(source.slice(at, Math.min(end, at + readUnits))), room);
  const after = cut(cellsOf(source.slice(end, end + readUnits)), room - widthOf(marked));
  const shown = [...before, ...marked, ...after].map(({ shown }) => shown).join('');
  const carets = ' '.repeat(widthOf(before)) + '^'.repeat(Math.max(1, widthOf(marked)));
  const gutter = String(line).padStart(5);
  return `${`${gutter} | ${shown}`.trimEnd()}\n${' '.repeat(gutter.length)} | ${carets}`;
}

/** A line as TypeScript counts them. */
function lineOf(text: string, line: number): string | undefined {
  return text.split(/\r\n|[\n\r\u2028\u2029]/, line)[line - 1];
}

function wordLength(text: string): number {
  return /^[@#]?[\p{L}\p{N}\p{M}_$]+/u.exec(text)?.[0].length ?? 1;
}

/** What is seen as one character. */
interface Cell {
  readonly shown: string;
  readonly columns: number;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

// A terminal gives these two columns; Unicode's report 11 has the whole list.
const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

function cellsOf(text: string): Cell[] {
  return Array.from(graphemes.segment(text), ({ segment }) => {
    if (segment === '\t') return { shown: '  ', columns: 2 }; // where a tab stops depends on what stands before it
    // Neither an escape sequence nor a mark that turns the direction may reach the terminal.
    if (/^[\p{Cc}\p{Cf}\p{Cs}]/u.test(segment)) return { shown: '\ufffd', columns: 1 };
    return { shown: segment, columns: wide.test(segment) ? 2 : 1 };
  });
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { columns }) => sum + columns, 0);
}

const ellipsis: Cell = { shown: '…', columns: 1 };

function cutLead(cells: readonly Cell[], isCut: boolean): readonly Cell[] {
  if (!isCut && widthOf(cells) <= leadColumns) return cells;
  return [ellipsis, ...fitting(cells.toReversed(), cutLeadColumns - 1).toReversed()];
}

/** As many as there is room for. */
function cut(cells: readonly Cell[], room: number): readonly Cell[] {
  if (widthOf(cells) <= room) return cells;
  return room <= 0 ? [] : [...fitting(cells, room - 1), ellipsis];
}

function fitting(cells: readonly Cell[], columns: number): readonly Cell[] {
  let left = columns;
  const end = cells.findIndex((cell) => {
    left -= cell.columns;
    return left < 0;
  });
  return end < 0 ? cells : cells.slice(0, end);
}
