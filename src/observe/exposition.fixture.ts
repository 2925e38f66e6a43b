/** Reads what Prometheus reads, strictly. */
import assert from 'node:assert/strict';

/** One line of an exposition. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseExposition(text: string): ParsedSample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    assert.ok(found, `no sample: ${line}`);
    const [, name = '', labels = '', value] = found;
    const pairs = [...labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)];
    assert.equal(pairs.map(([pair]) => pair).join(''), labels, `labels of ${line}`);
    return {
      name,
      labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, text])),
      value: Number(value),
    };
  });
}

/** The sum of the samples of a name that have these labels; undefined if there is none. */
export function sumOf(
  text: string,
  name: string,
  labels: Readonly<Record<string, string | number>> = {},
): number | undefined {
  const found = parseExposition(text).filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === String(value)),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
