/** What a process uses, asked of the system: a worker whose thread is blocked could not say. */
import { readFileSync } from 'node:fs';
import type { ProcessUsage } from '../observe/pool-metrics.ts';

const ticksPerSecond = 100; // USER_HZ, which Linux has fixed for what it tells programs: proc(5)

/** Undefined where there is no /proc, or the process is gone. */
export function readProcessUsage(pid: number | undefined): ProcessUsage | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // a name may have blanks in it
    const residentKiB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return {
      residentBytes: Number(residentKiB ?? 0) * 1024,
      cpuSeconds: (Number(afterName[11]) + Number(afterName[12])) / ticksPerSecond, // utime and stime
    };
  } catch {
    return undefined; // it has ended
  }
}
