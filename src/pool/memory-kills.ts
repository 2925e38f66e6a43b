/** Counts the processes that the system has killed because memory was short. */
import { controlGroups, groupsRoot } from './control-groups.ts';
import type { ReadText } from './read-if-there.ts';

/** How many of this control group were killed so far; undefined where the system does not tell. */
export function countMemoryKills(readText: ReadText): number | undefined {
  for (const { controllers, path } of controlGroups(readText)) {
    const isVersion2 = controllers.includes('');
    if (!isVersion2 && !controllers.includes('memory')) continue;
    // https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files; version 1 has the line since Linux 4.13.
    const name = isVersion2 ? 'memory.events' : 'memory.oom_control';
    const mounts = isVersion2 ? ['', '/unified'] : ['/memory'];
    // A container may see its own group as the root.
    const folders = mounts.flatMap((mount) => [`${mount}${path === '/' ? '' : path}`, mount]);
    for (const folder of folders) {
      const kills = /^oom_kill (\d+)$/m.exec(readText(`${groupsRoot}${folder}/${name}`) ?? '')?.[1];
      if (kills !== undefined) return Number(kills);
    }
  }
  return undefined;
}
