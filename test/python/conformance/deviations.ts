/** Reads from the decision note where we differ from the reference on purpose. */
import { readFileSync } from 'node:fs';

/** In one case, or in all of a row of the checklist, one facet differs. */
export interface Deviation {
  /** As it stands in the note: `29.text`, `59` for all of its cases, `*` for all cases. */
  readonly name: string;
  readonly facet: string;
}

/** What the note lists. */
export interface Listed {
  readonly deviations: readonly Deviation[];
  /** Rows of the checklist that have no case yet. */
  readonly open: readonly number[];
}

const path = new URL('../../../docs/decisions/0050-where-python-clients-see-a-difference.md', import.meta.url);

/** Reads the note. */
export function readDeviations(): Listed {
  const note = readFileSync(path, 'utf8');
  const [, ...rows] = [...note.matchAll(/^\| (?!---)(.+?) \|/gm)].map(([, cell = '']) => cell); // the first is the head
  const [, open = ''] = /^Rows without a case yet: (.+?)[.;]/m.exec(note) ?? [];
  return {
    deviations: rows.flatMap((cell) => cell.split(', ').flatMap(toDeviations)),
    open: open.split(', ').flatMap(toNumbers),
  };
}

/** `3/4 type body`: both in both. */
function toDeviations(entry: string): Deviation[] {
  const [names = '', ...facets] = entry.split(' ');
  return names.split('/').flatMap((name) => facets.map((facet) => ({ name, facet })));
}

function toNumbers(range: string): number[] {
  const [first = 0, last = first] = range.split(' to ').map(Number);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** Whether a name of the note means a case. */
export function isNamed(name: string, id: string): boolean {
  return name === '*' || name === id || id.startsWith(`${name}.`);
}
