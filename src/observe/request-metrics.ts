/** Metrics of requests, with the reference's names, labels and buckets. */
import { createDistribution, type Distribution } from './distribution.ts';
import type { Family, Labels } from './family.ts';

/** Counts and times the requests of one endpoint. */
export interface EndpointMetrics {
  /** Called at a request's begin. */
  begin(): void;
  /** Called at its last byte. @param endedAtMs since 1970. */
  end(status: number, durationMs: number, endedAtMs: number): void;
}

/** The requests of one service. */
export interface RequestMetrics {
  /** Those of a route, of a path of the server's own, or of none; made at the first use. */
  endpoint(name: string): EndpointMetrics;
  /** Shows a route from the beginning on, so that rates are right from its first request. */
  prepare(route: string): void;
  /** Counts an answer with an error. */
  failed(code: string): void;
  readonly families: readonly Family[];
}

interface Answers {
  readonly labels: Labels;
  readonly durations: Distribution;
  count: number;
}

interface Endpoint extends EndpointMetrics {
  readonly labels: Labels;
  open: number;
  readonly answers: Map<number, Answers>;
}

/** Creates the metrics of the requests of one service. */
export function createRequestMetrics(
  namespace: string,
  common: Labels,
  durationBuckets: readonly number[],
): RequestMetrics {
  const endpoints = new Map<string, Endpoint>();
  const errors = new Map<string, number>();
  let lastEndedAtMs: number | undefined;

  const createEndpoint = (name: string): Endpoint => {
    const labels = { ...common, endpoint: name };
    const answers = new Map<number, Answers>();
    const endpoint: Endpoint = {
      labels,
      open: 0,
      answers,
      begin() {
        endpoint.open++;
      },
      end(status, durationMs, endedAtMs) {
        endpoint.open--;
        lastEndedAtMs = endedAtMs;
        const own = answers.get(status) ?? addAnswers(endpoint, status);
        own.count++;
        own.durations.observe(durationMs / 1000);
      },
    };
    endpoints.set(name, endpoint);
    return endpoint;
  };
  const addAnswers = ({ labels, answers }: Endpoint, status: number): Answers => {
    const added = {
      labels: { ...labels, http_response_code: status },
      durations: createDistribution(durationBuckets),
      count: 0,
    };
    answers.set(status, added);
    return added;
  };
  const endpointOf = (name: string) => endpoints.get(name) ?? createEndpoint(name);

  function* allAnswers(): Generator<Answers> {
    for (const { answers } of endpoints.values()) yield* answers.values();
  }

  const durations = `${namespace}_request_duration_seconds`;
  return {
    endpoint: endpointOf,
    prepare(route) {
      const endpoint = endpointOf(route);
      for (const status of [200, 500]) if (!endpoint.answers.has(status)) addAnswers(endpoint, status);
    },
    failed: (code) => void errors.set(code, (errors.get(code) ?? 0) + 1),
    families: [
      {
        name: `${namespace}_request_total`,
        help: 'Requests answered, by route and status',
        type: 'counter',
        *samples() {
          for (const { labels, count } of allAnswers()) yield { labels, value: count };
        },
      },
      {
        name: durations,
        help: 'Time from the first byte of a request to the last byte of its answer, in seconds',
        type: 'histogram',
        *samples() {
          for (const { labels, durations: own } of allAnswers()) yield* own.samples(durations, labels);
        },
      },
      {
        name: `${namespace}_request_in_progress`,
        help: 'Requests that are being answered now',
        type: 'gauge',
        *samples() {
          for (const { labels, open } of endpoints.values()) yield { labels, value: open };
        },
      },
      {
        name: `${namespace}_last_request_timestamp_seconds`,
        help: 'When the last request ended, in seconds since 1970',
        type: 'gauge',
        *samples() {
          if (lastEndedAtMs !== undefined) yield { labels: common, value: lastEndedAtMs / 1000 };
        },
      },
      {
        name: `${namespace}_request_errors_total`,
        help: 'Requests answered with an error, by its code',
        type: 'counter',
        *samples() {
          for (const [code, value] of errors) yield { labels: { ...common, code }, value };
        },
      },
    ],
  };
}
