/** Tells the gateway again and again how the worker is. */
import type { Vitals } from '../spec/messages.ts';

const everyMs = 1000; // a reading takes 20 µs

/** Tells now, and then every second until the function that it gives is called. */
export function reportVitals(tell: (vitals: Vitals) => void): () => void {
  const report = () => {
    const { rss, heapUsed } = process.memoryUsage();
    tell({ rssBytes: rss, heapBytes: heapUsed });
  };
  report();
  const timer = setInterval(report, everyMs).unref();
  return () => clearInterval(timer);
}
