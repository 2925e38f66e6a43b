/** Says whose a file is that a process made, and whether that process is still there. */
import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isSystemError } from './store-error.ts';

/** Whether there is a process with that id now. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isSystemError(error, 'ESRCH'); // another user's lives, too
  }
}

/** Stands for where a process id means the same process: a machine, or a container of it. */
export function namespaceOfProcesses(): string {
  return createHash('sha256').update(hostname()).update(readPidNamespace()).digest('hex').slice(0, 16);
}

function readPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no Linux
  }
}
