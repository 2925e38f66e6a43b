/** What a process may be told that is all a server's: `bento serve` does; `serve()` leaves that of a program as it is. */
import { setFlagsFromString } from 'node:v8';
import { countExternalMemory } from '../external-memory.ts';
import { limitYoungGeneration } from './young-generation.ts';

// What is alive in a gateway is some 20 MiB, of which V8 would only slowly learn how far it may let garbage grow above it.
// Three times as much is what it comes to at most by itself.
const garbagePercent = 300;

/** Has V8 collect garbage as it suits a server. */
export function ownProcess(): void {
  limitYoungGeneration();
  countExternalMemory();
  setFlagsFromString(`--heap-growing-percent=${garbagePercent}`);
}
