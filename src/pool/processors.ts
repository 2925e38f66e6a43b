/** Counts the processors that this process may use, for `workers: 'cpu_count'`. */

import { controlGroups, groupsRoot } from './control-groups.ts';
import type { ReadText } from './read-if-there.ts';

/**
 * Whole processors, at least 1: as many as the system lets this process run on, or as the quota of its control group or
 * of one above it allows if that is less. Node's own count does not see every quota: libuv 1.52 misses one of
 * `/sys/fs/cgroup/cpu` that is mounted without `cpuacct`, and those of the groups above.
 *
 * @param allowed what the processor mask allows.
 */
export function countProcessors(allowed: number, readText: ReadText): number {
  const quotas = controlGroups(readText).flatMap(({ controllers, path }) => {
    // Where the group is not under its own name, a container sees it as the root: that is looked at, too.
    const folders = (mount: string) => withParents(path).map((folder) => `${groupsRoot}${mount}${folder}`);
    if (controllers.includes('')) return ['', '/unified'].flatMap(folders).map((folder) => quotaOf2(folder, readText));
    if (!controllers.includes('cpu')) return [];
    const mounts = new Set(['/cpu', `/${controllers.join(',')}`]);
    return [...mounts].flatMap(folders).map((folder) => quotaOf1(folder, readText));
  });
  return Math.max(1, Math.floor(Math.min(allowed, ...quotas)));
}

/** `/a/b` → `/a/b`, `/a` and nothing. */
function withParents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, left) =>
    parts
      .slice(0, parts.length - left)
      .map((part) => `/${part}`)
      .join(''),
  );
}

// https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
function quotaOf2(folder: string, readText: ReadText): number {
  const [quota, period] = (readText(`${folder}/cpu.max`) ?? '').trim().split(/\s+/);
  return toProcessors(quota, period);
}

// https://docs.kernel.org/scheduler/sched-bwc.html
function quotaOf1(folder: string, readText: ReadText): number {
  return toProcessors(readText(`${folder}/cpu.cfs_quota_us`), readText(`${folder}/cpu.cfs_period_us`));
}

/** Without a number, as in `max 100000` or `-1`, nothing is limited. */
function toProcessors(quota: string | undefined, period: string | undefined): number {
  const [time, of] = [quota, period].map((text) => (text?.trim() ? Number(text) : Number.NaN)) as [number, number];
  return time >= 0 && of > 0 ? time / of : Number.POSITIVE_INFINITY;
}
