/** Metrics of the gateway's own process, under the names that dashboards for Node know. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Family } from './family.ts';

/** Metrics that measure until they are closed. */
export interface ProcessMetrics {
  readonly families: readonly Family[];
  close(): void;
}

const resolutionMs = 20; // one timer that often; delays below it count for little

/** Starts measuring. */
export function createProcessMetrics(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const gauge = (name: string, help: string, read: () => number): Family => ({
    name,
    help,
    type: 'gauge',
    samples: () => [{ labels: {}, value: read() }],
  });
  return {
    close: () => void delay.disable(),
    families: [
      {
        name: 'process_cpu_seconds_total',
        help: 'Processor time of the gateway, in seconds',
        type: 'counter',
        samples() {
          const { user, system } = process.cpuUsage();
          return [{ labels: {}, value: (user + system) / 1e6 }];
        },
      },
      gauge('process_start_time_seconds', 'When the gateway was started, in seconds since 1970', () =>
        Math.round(Date.now() / 1000 - process.uptime()),
      ),
      gauge('process_resident_memory_bytes', 'Memory that the gateway occupies, in bytes', process.memoryUsage.rss),
      gauge(
        'nodejs_heap_size_used_bytes',
        'Heap of the gateway that is used, in bytes',
        () => process.memoryUsage().heapUsed,
      ),
      gauge('nodejs_eventloop_lag_p50_seconds', `${lagHelp}, half of the time`, () => lagOf(delay, 50)),
      gauge('nodejs_eventloop_lag_p99_seconds', `${lagHelp}, all but one time in a hundred`, () => lagOf(delay, 99)),
      gauge('nodejs_eventloop_lag_max_seconds', `${lagHelp}, at most`, () => {
        const maxSeconds = excess(delay.max);
        delay.reset(); // the last of the three
        return maxSeconds;
      }),
    ],
  };
}

const lagHelp = 'How late the event loop of the gateway was since this was read last, in seconds';

function lagOf(delay: ReturnType<typeof monitorEventLoopDelay>, percentile: number): number {
  return excess(delay.percentile(percentile));
}

/** It measures from one timer to the next: what is above the interval is delay. */
function excess(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000);
}
