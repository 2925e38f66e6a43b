/** Counts values by size: what a histogram shows. */
import type { Labels, Sample } from './family.ts';

/** The values of one set of labels. */
export interface Distribution {
  observe(value: number): void;
  /** In the order that readers expect: buckets from the smallest, sum, count. */
  samples(name: string, labels: Labels): Iterable<Sample>;
}

/** Creates an empty distribution. @param bounds the upper ends of its buckets, ascending, without infinity. */
export function createDistribution(bounds: readonly number[]): Distribution {
  const counts = new Float64Array(bounds.length + 1); // the last one is of what is above all bounds
  let sum = 0;
  return {
    observe(value) {
      let at = 0;
      while (at < bounds.length && value > (bounds[at] as number)) at++; // few enough that a loop beats a search
      counts[at] = (counts[at] as number) + 1;
      sum += value;
    },
    *samples(name, labels) {
      let count = 0;
      for (const [at, own] of counts.entries()) {
        count += own;
        yield { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[at] ?? '+Inf' }, value: count };
      }
      yield { metricName: `${name}_sum`, labels, value: sum };
      yield { metricName: `${name}_count`, labels, value: count };
    },
  };
}
