/** All metrics of one server, by service; they outlive the generations that they are of. */
import { type Exposition, exposeFamilies, type Family, type Labels } from './family.ts';
import { createPoolMetrics, type PoolMetrics } from './pool-metrics.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';

/** The metrics of one service. */
export interface ServiceMetrics {
  readonly requests: RequestMetrics;
  readonly pool: PoolMetrics;
  expose(): Promise<Exposition>;
}

/** Who it is, and how it wants its metrics. */
interface MetricsOwner {
  readonly name: string;
  readonly namespace: string;
  /** Upper ends in seconds, ascending, without infinity. */
  readonly durationBuckets: readonly number[];
}

/** What went over the network, in bytes. */
export interface NetworkBytes {
  readonly received: number;
  readonly sent: number;
}

/** The metrics of one server. */
export interface ServerMetrics {
  /** What is known while there is no service yet. */
  expose(): Promise<Exposition>;
  /** Made at the first use; with other settings it begins anew. */
  of(owner: MetricsOwner): ServiceMetrics;
  /** A start after the first one came to an end. */
  reloaded(result: 'ok' | 'failed'): void;
  /** Says where the bytes are counted. */
  countBytes(read: () => NetworkBytes): void;
  /** Stops measuring. */
  close(): void;
}

/** Creates the metrics of one server. @param warn is told what someone should look at. */
export function createServerMetrics(warn: (problem: string) => void): ServerMetrics {
  const services = new Map<string, ServiceMetrics>();
  const reloads = { ok: 0, failed: 0 };
  const process = createProcessMetrics();
  let bytes: () => NetworkBytes = () => ({ received: 0, sent: 0 });

  const create = ({ name, namespace, durationBuckets }: MetricsOwner): ServiceMetrics => {
    const common = { service_name: name, service_version: 'not available', runner_name: name };
    const requests = createRequestMetrics(namespace, common, durationBuckets);
    const pool = createPoolMetrics(namespace, common, warn);
    const families = [...requests.families, ...pool.families, ...serverFamilies(namespace, common)];
    return {
      requests,
      pool,
      expose: () =>
        exposeFamilies([...families, ...pool.batchFamilies(), ...process.families, ...pool.authors.families()]),
    };
  };

  const serverFamilies = (namespace: string, common: Labels): readonly Family[] => [
    {
      name: `${namespace}_reloads_total`,
      help: 'Starts of the service after the first one, by whether they came to serve',
      type: 'counter',
      samples: () => Object.entries(reloads).map(([result, value]) => ({ labels: { ...common, result }, value })),
    },
    {
      name: `${namespace}_generation`,
      help: 'How many starts of the service came to serve, the present one included',
      type: 'gauge',
      samples: () => [{ labels: common, value: reloads.ok + 1 }],
    },
    {
      name: `${namespace}_received_bytes_total`,
      help: 'Bytes that callers sent, with all that HTTP adds',
      type: 'counter',
      samples: () => [{ labels: common, value: bytes().received }],
    },
    {
      name: `${namespace}_sent_bytes_total`,
      help: 'Bytes that callers were sent, with all that HTTP adds',
      type: 'counter',
      samples: () => [{ labels: common, value: bytes().sent }],
    },
  ];

  return {
    expose: () => exposeFamilies(process.families),
    of(owner) {
      const key = JSON.stringify([owner.name, owner.namespace, owner.durationBuckets]);
      const known = services.get(key) ?? create(owner);
      services.set(key, known);
      return known;
    },
    reloaded(result) {
      reloads[result]++;
    },
    countBytes(read) {
      bytes = read;
    },
    close: process.close,
  };
}
