/** Sends what the author's metrics have counted, at most twice a second. */
import type { MetricChange } from '../observe/author-metrics.ts';
import { metricsSource } from '../sdk/metrics.ts';

/** The sender of one worker. */
interface MetricsReport {
  /**
   * Starts sending; before, the gateway does not know what it is of.
   * @throws ServiceError `METRIC_INVALID` if a metric has a name that begins with the namespace.
   */
  begin(namespace: string): void;
  /** Sends now what there is. */
  flush(): void;
  /** Ends it. */
  close(): void;
}

const everyMs = 500; // what a worker that is killed may lose

/** Prepares the sender. */
export function reportMetrics(
  send: (changes: readonly MetricChange[]) => void,
  warn: (problem: string) => void,
): MetricsReport {
  let hasBegun = false;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const changes = hasBegun ? source.takeChanges() : [];
    if (changes.length > 0) send(changes);
  };
  const schedule = () => {
    if (hasBegun) timer ??= setTimeout(flush, everyMs).unref();
  };
  const source = metricsSource(schedule, (name) =>
    warn(`the metric ${name} has too many sets of labels; the others are left out`),
  );
  return {
    flush,
    close() {
      clearTimeout(timer);
      hasBegun = false;
      source.close();
    },
    begin(namespace) {
      source.reserve(namespace);
      hasBegun = true;
      schedule();
    },
  };
}
