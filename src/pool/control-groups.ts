/** Finds the control groups that this process is in. */
import type { ReadText } from './read-if-there.ts';

/** Where the groups are mounted. */
export const groupsRoot = '/sys/fs/cgroup';

/** One group of this process. */
export interface ControlGroup {
  /** An empty name is version 2, which has them all. */
  readonly controllers: readonly string[];
  /** Below the mount of its controllers, with a slash first. */
  readonly path: string;
}

/** What `/proc/self/cgroup` lists: cgroups(7). */
export function controlGroups(readText: ReadText): readonly ControlGroup[] {
  return (readText('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers: controllers.split(','), path }];
  });
}
