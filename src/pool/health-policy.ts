/** Decides what follows from what a worker's hooks say of it. */
import type { Health } from '../spec/messages.ts';

/** How often in a row a worker has said the same: above 0 that it is alive, below that it is not. */
export type Streak = number;

/** How often a worker has to say that it is not alive: one answer that is late is no death. As Kubernetes. */
export const deadAfter = 3;

/** The streak after one more answer. */
export function countStreak(streak: Streak, { isAlive }: Health): Streak {
  return isAlive ? Math.max(streak, 0) + 1 : Math.min(streak, 0) - 1;
}

/** What is known by now: `unsure` until it has said the same often enough. */
export function judge(streak: Streak): 'alive' | 'dead' | 'unsure' {
  if (streak <= -deadAfter) return 'dead';
  return streak >= deadAfter ? 'alive' : 'unsure';
}

/**
 * Whether the service can help itself no more: in every place a worker was replaced because it was not alive, and the
 * next one was none the better.
 *
 * @param deathsByPlace deaths in a row, one entry for each place.
 */
export function isBeyondHelp(deathsByPlace: readonly number[]): boolean {
  return deathsByPlace.length > 0 && deathsByPlace.every((deaths) => deaths > 1);
}
