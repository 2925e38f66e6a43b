import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Option } from './option.ts';
import { apiOptions, serverOptions, serviceOptions } from './options.ts';
import { isOption, type Rows } from './resolve.ts';
import { homeOptions, hubOptions } from './store-options.ts';

function flatten(rows: Rows, prefix = ''): [string, Option<unknown>][] {
  return Object.entries(rows).flatMap(([name, row]) =>
    isOption(row) ? [[prefix + name, row] as [string, Option<unknown>]] : flatten(row, `${prefix}${name}.`),
  );
}

const all = [serviceOptions, apiOptions, serverOptions, homeOptions, hubOptions].flatMap((rows) => flatten(rows));

test('every default is a value that its own row accepts', () => {
  const wrong = all.filter(([, row]) => row.default !== undefined && !row.accepts(row.default));
  assert.deepEqual(
    wrong.map(([name]) => name),
    [],
  );
});

test('every row has a doc line that is one sentence', () => {
  for (const [name, { doc }] of all) assert.match(doc, /^[A-Z][^\n]*\.$/, name);
});

test('no two rows share a flag or an environment variable', () => {
  for (const key of ['flag', 'env'] as const) {
    const used = all.flatMap(([, row]) => row[key]?.split(' ')[0] ?? []);
    assert.deepEqual(used, [...new Set(used)]);
  }
});

for (const route of ['/', '/a', '/v1/embed', '/a-b_c.d~e']) {
  test(`${route} is a route`, () => assert.equal(apiOptions.route.accepts(route), true));
}

for (const route of ['', 'a', '//', '/a/', '/a//b', '/a?b', '/a b', '/a%20b', '/größe', '/a\n', '/:id', '/*']) {
  test(`${JSON.stringify(route)} is no route`, () => assert.equal(apiOptions.route.accepts(route), false));
}

for (const name of ['A', 'Embedder', 'a-b_c.d', 'x'.repeat(63)]) {
  test(`${name} is a name for a service`, () => assert.equal(serviceOptions.name.accepts(name), true));
}

for (const name of ['', '1st', 'a b', 'a:b', 'größe', 'a\r\nx', 'x'.repeat(64), '-a']) {
  test(`${JSON.stringify(name)} is no name for a service`, () =>
    assert.equal(serviceOptions.name.accepts(name), false));
}
