/** Says how long ago something was, for people. */

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** For example `3 min`; the largest unit of which there are two at least. */
export function describeAge(since: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(since)) / 1000));
  const [unit, length] = units.find(([, length]) => seconds >= 2 * length) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}
