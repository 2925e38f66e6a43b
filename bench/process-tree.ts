/** What a process and everything that it started have used, read from Linux's `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time by process id, in microseconds of user and system time together, over all threads. */
export type CpuTimes = ReadonlyMap<number, number>;

/** Reads what a process and its descendants have used so far; the process itself comes first. */
export function readCpuTimes(rootPid: number): CpuTimes {
  if (process.platform !== 'linux') throw new Error('CPU time of a process tree is read from /proc: run this on Linux');
  return new Map(pidsOf(rootPid).map((pid) => [pid, cpuTimeOf(pid)]));
}

/** What each process used between two readings, in microseconds; a process that came or went spoils the measurement. */
export function usedBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  const pids = [...before.keys()];
  if (pids.length !== after.size || !pids.every((pid) => after.has(pid))) {
    throw new Error(`the process tree changed from ${pids} to ${[...after.keys()]} while it was measured`);
  }
  return new Map(pids.map((pid) => [pid, (after.get(pid) as number) - (before.get(pid) as number)]));
}

// schedstat counts nanoseconds, stat only ticks of 10 ms: proc(5). Threads that ended are missed; servers keep theirs.
function cpuTimeOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanoseconds / 1000;
}

/** Memory of a process and its descendants in bytes, pages that several share counted in parts: PSS of proc(5). */
export function readMemoryBytes(rootPid: number): number {
  let kibibytes = 0;
  for (const pid of pidsOf(rootPid)) {
    try {
      kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // it ended meanwhile
    }
  }
  return kibibytes * 1024;
}

/** A process and all that it started and that runs, itself first. */
export function pidsOf(rootPid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(entry);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found = [rootPid];
  for (const pid of found) found.push(...(children.get(pid) ?? [])); // grows while it is walked
  return found;
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 2)[1]); // the name in brackets may hold anything
  } catch {
    return undefined; // it ended meanwhile
  }
}
