/** Tells the gateway again and again how the worker is. */
import { measureLoopLag } from '../observe/loop-lag.ts';
import type { Vitals } from '../spec/messages.ts';

/** The reports of one worker. */
export interface VitalsReport {
  /** Tells now. */
  tell(): void;
  stop(): void;
}

const everyMs = 1000; // a reading takes 20 µs

/** Tells now, and then every second. */
export function reportVitals(send: (vitals: Vitals) => void): VitalsReport {
  const lag = measureLoopLag();
  const tell = () => {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    send({
      rssBytes: rss,
      heapBytes: heapUsed,
      cpuSeconds: (user + system) / 1e6,
      loopLagSeconds: lag.takeMax(),
    });
  };
  tell();
  const timer = setInterval(tell, everyMs).unref();
  return {
    tell,
    stop() {
      clearInterval(timer);
      lag.close();
    },
  };
}
