/** The server's metrics in Prometheus form, with the reference's names, labels and buckets. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180];

/** Counts and times requests. */
export interface RequestMetrics {
  /** Called at a request's begin. */
  begin(endpoint: string): void;
  /** Called at its last byte. */
  end(endpoint: string, status: number, durationSeconds: number): void;
  /** The exposition and its media type. */
  expose(): Promise<{ readonly text: string; readonly mediaType: string }>;
}

/** Creates the metrics of one server. */
export function createRequestMetrics(serviceName: string): RequestMetrics {
  const registry = new Registry();
  const registers = [registry];
  const common = { service_name: serviceName, service_version: 'not available', runner_name: serviceName };
  const names = ['endpoint', 'runner_name', 'service_name', 'service_version'] as const;
  // prom-client looks a label set up by hash each time, 0.4 µs a call: what is only counted is handed over when asked for.
  const open = new Map<string, number>();
  const answers = new Map<string, Map<number, Answers>>();
  const answersOf = (endpoint: string, status: number): Answers => {
    const byStatus = answers.get(endpoint) ?? new Map<number, Answers>();
    if (byStatus.size === 0) answers.set(endpoint, byStatus);
    const known = byStatus.get(status);
    if (known) return known;
    const labels = { ...common, endpoint, http_response_code: status };
    const added = { labels, histogram: duration.labels(labels), count: 0, told: 0 };
    byStatus.set(status, added);
    return added;
  };
  new Counter({
    name: 'bentoml_service_request_total',
    help: 'Requests answered, by route and status',
    labelNames: [...names, 'http_response_code'],
    registers,
    collect() {
      for (const byStatus of answers.values()) {
        for (const row of byStatus.values()) {
          this.inc(row.labels, row.count - row.told);
          row.told = row.count;
        }
      }
    },
  });
  const duration = new Histogram({
    name: 'bentoml_service_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer, in seconds',
    labelNames: [...names, 'http_response_code'],
    buckets: durationBuckets,
    registers,
  });
  new Gauge({
    name: 'bentoml_service_request_in_progress',
    help: 'Requests that are being answered now',
    labelNames: names,
    registers,
    collect() {
      for (const [endpoint, count] of open) this.set({ ...common, endpoint }, count);
    },
  });

  return {
    begin: (endpoint) => void open.set(endpoint, (open.get(endpoint) ?? 0) + 1),
    end(endpoint, status, durationSeconds) {
      open.set(endpoint, (open.get(endpoint) ?? 1) - 1);
      const answer = answersOf(endpoint, status);
      answer.count++;
      answer.histogram.observe(durationSeconds);
    },
    async expose() {
      return { text: await registry.metrics(), mediaType: registry.contentType };
    },
  };
}

/** Answers with one status at one endpoint. */
interface Answers {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly histogram: Histogram.Internal<string>;
  count: number;
  /** How many of them the counter knows. */
  told: number;
}
