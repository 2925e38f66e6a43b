/** Metrics of the gateway's own process, under the names that dashboards for Node know. */
import type { Family } from './family.ts';
import { measureLoopLag } from './loop-lag.ts';

/** Metrics that measure until they are closed. */
export interface ProcessMetrics {
  readonly families: readonly Family[];
  close(): void;
}

/** Starts measuring. */
export function createProcessMetrics(): ProcessMetrics {
  const lag = measureLoopLag();
  const startedSeconds = performance.timeOrigin / 1000; // in the same words at each scrape: another value is another start
  const gauge = (name: string, help: string, read: () => number): Family => ({
    name,
    help,
    type: 'gauge',
    samples: () => [{ labels: {}, value: read() }],
  });
  return {
    close: lag.close,
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
      gauge('process_start_time_seconds', 'When the gateway was started, in seconds since 1970', () => startedSeconds),
      gauge('process_resident_memory_bytes', 'Memory that the gateway occupies, in bytes', process.memoryUsage.rss),
      gauge(
        'nodejs_heap_size_used_bytes',
        'Heap of the gateway that is used, in bytes',
        () => process.memoryUsage().heapUsed,
      ),
      gauge('nodejs_eventloop_lag_p50_seconds', `${lagHelp}, half of the time`, () => lag.percentile(50)),
      gauge('nodejs_eventloop_lag_p99_seconds', `${lagHelp}, all but one time in a hundred`, () => lag.percentile(99)),
      gauge('nodejs_eventloop_lag_max_seconds', `${lagHelp}, at most`, lag.takeMax), // the last of the three
    ],
  };
}

const lagHelp = 'How late the event loop of the gateway was since this was read last, in seconds';
