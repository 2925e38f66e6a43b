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
  const total = new Counter({
    name: 'bentoml_service_request_total',
    help: 'Requests answered, by route and status',
    labelNames: [...names, 'http_response_code'],
    registers,
  });
  const duration = new Histogram({
    name: 'bentoml_service_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer, in seconds',
    labelNames: [...names, 'http_response_code'],
    buckets: durationBuckets,
    registers,
  });
  const inProgress = new Gauge({
    name: 'bentoml_service_request_in_progress',
    help: 'Requests that are being answered now',
    labelNames: names,
    registers,
  });

  // Looking a label set up by hash costs more than the increment: keep the children.
  const gauges = new Map<string, Gauge.Internal<string>>();
  const answers = new Map<string, Map<number, { counter: Counter.Internal; histogram: Histogram.Internal<string> }>>();
  const gaugeOf = (endpoint: string) => {
    let gauge = gauges.get(endpoint);
    if (!gauge) {
      gauge = inProgress.labels({ ...common, endpoint });
      gauges.set(endpoint, gauge);
    }
    return gauge;
  };
  const answerOf = (endpoint: string, status: number) => {
    let byStatus = answers.get(endpoint);
    if (!byStatus) {
      byStatus = new Map();
      answers.set(endpoint, byStatus);
    }
    let answer = byStatus.get(status);
    if (!answer) {
      const labels = { ...common, endpoint, http_response_code: status };
      answer = { counter: total.labels(labels), histogram: duration.labels(labels) };
      byStatus.set(status, answer);
    }
    return answer;
  };

  return {
    begin: (endpoint) => gaugeOf(endpoint).inc(),
    end(endpoint, status, durationSeconds) {
      gaugeOf(endpoint).dec();
      const answer = answerOf(endpoint, status);
      answer.counter.inc();
      answer.histogram.observe(durationSeconds);
    },
    async expose() {
      return { text: await registry.metrics(), mediaType: registry.contentType };
    },
  };
}
