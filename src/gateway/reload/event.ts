/** What happens when a server loads its service again, and how it is said. */
import { relative } from 'node:path';
import { toRecord } from '../../errors.ts';
import type { ServerLog } from '../../observe/log.ts';

/** One step of a reload. */
export type ReloadEvent =
  /** A command, a signal or the program asked for it. */
  | { readonly kind: 'asked' }
  /** Files were saved, and a reload begins. */
  | { readonly kind: 'changed'; readonly files: readonly string[] }
  /** It waits until requests of the version before the present one have finished. */
  | { readonly kind: 'waiting' }
  /** The new version serves. */
  | { readonly kind: 'reloaded'; readonly afterMs: number }
  /**
   * The new version does not start; the one that serves is of the given time, if there is one. `isTriedAgain` says
   * whether the next save starts a reload by itself.
   */
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      readonly servingSince: Date | undefined;
      readonly isTriedAgain: boolean;
    }
  /** Something is wrong with the watching itself; it goes on as well as it can. */
  | { readonly kind: 'problem'; readonly error: unknown };

/** The line of an event; for a failure, the one that follows the error. */
export function describeReload(event: Exclude<ReloadEvent, { kind: 'problem' }>): string {
  switch (event.kind) {
    case 'asked':
      return 'reloading, as it was asked for';
    case 'changed':
      return `${nameFiles(event.files)} changed: reloading`;
    case 'waiting':
      return 'an older version still has requests: reloading when they have finished';
    case 'reloaded':
      return `reloaded in ${Math.round(event.afterMs)} ms`;
    case 'failed':
      return `${describeServed(event.servingSince)}${event.isTriedAgain ? '; the next save tries again' : ''}`;
  }
}

/** Writes an event to the log of a server. */
export function logReload(event: ReloadEvent, log: ServerLog): void {
  if (event.kind === 'problem') return void log('warn', toRecord(event.error).message);
  if (event.kind !== 'failed') return void log('info', describeReload(event));
  const { message, stack } = toRecord(event.error);
  log('error', `${message}\n${describeReload(event)}`, { stack });
}

function describeServed(since: Date | undefined): string {
  return since === undefined
    ? 'nothing is served yet'
    : `still serving the version of ${since.toTimeString().slice(0, 8)}`;
}

function nameFiles(files: readonly string[]): string {
  const [first = '', second, ...rest] = files.map((file) => relative(process.cwd(), file) || file);
  if (second === undefined) return first;
  return rest.length === 0 ? `${first} and ${second}` : `${first} and ${rest.length + 1} more`;
}
