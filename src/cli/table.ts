/** Lays rows out in columns, for people. */
import { shorten, toPlainText } from '../observe/plain-text.ts';

type Cell = string | number | undefined;

const longestCell = 500;

/**
 * The lines of a table: numbers to the right, what is missing as a dash; columns that no row fills are left out. Texts may
 * be anybody's: each stays in its cell.
 */
export function toTable(heads: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  const columns = heads.flatMap((head, column) => {
    const cells = rows.map((row) => row[column]);
    if (rows.length > 0 && cells.every((cell) => cell === undefined)) return [];
    const texts = [head, ...cells.map(toText)];
    const width = Math.max(...texts.map((text) => text.length));
    const isNumber = rows.length > 0 && cells.every((cell) => typeof cell !== 'string');
    return [texts.map((text) => (isNumber ? text.padStart(width) : text.padEnd(width)))];
  });
  const lines = [heads, ...rows].map((_, line) => columns.map((column) => column[line]).join('  '));
  return columns.length === 0 ? [] : lines.map((line) => line.trimEnd());
}

function toText(cell: Cell): string {
  return toPlainText(shorten(String(cell ?? '-'), longestCell)).replace(/\s/g, ' ');
}
