import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeFamilies, type Family, toOpenMetrics } from './family.ts';

const families: readonly Family[] = [
  { name: 'a_total', help: 'Things', type: 'counter', samples: () => [{ labels: { kind: 'x' }, value: 2 }] },
  { name: 'b', help: 'A counter without an end', type: 'counter', samples: () => [{ labels: {}, value: 3 }] },
  { name: 'c', help: 'a_total now', type: 'gauge', samples: () => [{ labels: { of: 'a_total' }, value: 0.5 }] },
];

test('the exposition names its format', async () => {
  const { text, mediaType } = await exposeFamilies(families);
  assert.equal(mediaType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(text, /^# HELP a_total Things\n# TYPE a_total counter\na_total\{kind="x"\} 2\n\n# HELP b /);
});

test('as OpenMetrics a counter has no end in its name and one in its samples', async () => {
  const { text, mediaType } = toOpenMetrics(await exposeFamilies(families));
  assert.equal(mediaType, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  assert.equal(
    text,
    `# HELP a Things
# TYPE a counter
a_total{kind="x"} 2
# HELP b A counter without an end
# TYPE b counter
b_total 3
# HELP c a_total now
# TYPE c gauge
c{of="a_total"} 0.5
# EOF
`,
  );
});

test('without any family the exposition is empty', async () => {
  assert.equal((await exposeFamilies([])).text.trim(), '');
});
