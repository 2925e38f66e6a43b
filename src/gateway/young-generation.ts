/** Bounds the part of V8's heap in which objects begin, in a process that is a server's own. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

// V8 doubles it under load up to 128 MiB, none of which a server that answers in milliseconds keeps anything in, and
// gives nothing back while a program is at rest. At 32 MiB a request costs no more than the machine's noise.
const enoughBytes = 32 * 1024 * 1024;
const lookEveryMs = 100; // a look takes 20 µs

/**
 * Has the young generation grow no further than some 32 MiB. The limit is one of the process, so that only a program
 * whose process is all a server's may set it: `bento serve` does.
 */
export function limitYoungGeneration(): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (young && young.space_size < enoughBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1'); // read at each growth; the limit itself only at the start
    clearInterval(timer);
  }, lookEveryMs).unref();
}
