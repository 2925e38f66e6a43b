/** Reads from the decision note where we differ from the reference on purpose. */
import { readFileSync } from 'node:fs';

/** One row: in these cases, or all of a row of the checklist, these facets differ. */
export interface Deviation {
  /** As they stand in the note: `29.text`, `59` for all of its cases, `*` for all cases. */
  readonly cases: readonly string[];
  readonly facets: readonly string[];
}

/** What the note lists. */
export interface Listed {
  readonly deviations: readonly Deviation[];
  /** Rows of the checklist that have no case yet. */
  readonly open: readonly number[];
}

/** Reads the note. */
export function readDeviations(): Listed {
  const note = readFileSync(
    new URL('../../../docs/decisions/0050-where-python-clients-see-a-difference.md', import.meta.url),
    'utf8',
  );
  const rows = note
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| cases |') && !line.startsWith('| --'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '')));
  const deviations = rows.map(([cases = '', facets = '']) => ({
    cases: cases.split(', '),
    facets: facets.split(', '),
  }));
  const [, open = ''] = /^Rows without a case yet: (.+?)[.;]/m.exec(note) ?? [];
  return { deviations, open: open.split(', ').flatMap(toNumbers) };
}

function toNumbers(range: string): number[] {
  const [first = 0, last = first] = range.split(' to ').map(Number);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** Whether a row is about this facet of this case. */
export function covers({ cases, facets }: Deviation, id: string, facet: string): boolean {
  return facets.includes(facet) && cases.some((name) => isNamed(name, id));
}

/** Whether a word of the note means a case. */
export function isNamed(name: string, id: string): boolean {
  return name === '*' || name === id || id.startsWith(`${name}.`);
}
