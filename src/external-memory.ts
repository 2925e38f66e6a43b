/** How V8 decides when to collect what lies outside its heap: bytes of bodies, tensors and files. */
import { setFlagsFromString } from 'node:v8';

const firstWithIt = 13; // V8 of Node 24; an older one prints that it does not know the flag

/**
 * Has the bytes outside the heap count as if they lay in it, so that the whole heap is looked through once they have
 * grown with what is alive, and not for each 32 MiB that came by: a server through which tensors and uploads flow
 * spends half of its time on that. For a process that is all ours, since the rule is one of the process.
 */
export function countExternalMemory(): void {
  if (Number.parseInt(process.versions.v8, 10) < firstWithIt) return;
  setFlagsFromString('--external-memory-accounted-in-global-limit');
}
