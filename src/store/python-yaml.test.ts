import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseYaml, printYaml } from './python-yaml.ts';

for (const [text, expected] of [
  ['y', 'y'],
  ['n', 'n'],
  ['yes', true],
  ['Off', false],
  ['12e45', '12e45'],
  ['1.0e+5', 100_000],
  ['1e5', '1e5'],
  ['0o17', '0o17'],
  ['017', 15],
  ['0x1F', 31],
  ['-0b101', -5],
  ['1_000', 1000],
  ['1:30', 90],
  ['-1:30.5', -90.5],
  ['.5', 0.5],
  ['~', null],
  ['', null],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['.nan', Number.NaN],
  ['9007199254740993', 9007199254740993n],
  ['2024-01-02', new Date('2024-01-02')],
  ['2024-01-02 03:04:05.678901', new Date('2024-01-02T03:04:05.678Z')],
  ['2024-01-02T03:04:05+02:00', new Date('2024-01-02T01:04:05Z')],
  ["'2024-01-02'", '2024-01-02'],
  ['!!binary |\n    YWJj', Uint8Array.of(97, 98, 99)],
  ['"\\U0001F600\\L"', '😀\u2028'],
] as const) {
  test(`${JSON.stringify(text)} is read as PyYAML reads it`, () => {
    assert.deepEqual(parseYaml(`key: ${text}\n`), { key: expected });
  });
}

for (const [value, text] of [
  ['plain', 'plain'],
  ['yes', "'yes'"],
  ['12', "'12'"],
  ['2024-01-02T03:04:05.678000+00:00', "'2024-01-02T03:04:05.678000+00:00'"],
  ['=', "'='"],
  ['', "''"],
  ['a\x07\x85b', '"a\\u0007\\u0085b"'],
  ['\ud800', '"\\ud800"'],
  [1e21, '1.0e+21'],
  [5e-7, '5.0e-7'],
  [1.5e300, '1.5e+300'],
  [1, '1'],
  [-0, '-0.0'],
  [10n ** 30n, `1${'0'.repeat(30)}`],
  [null, 'null'],
  [Number.NaN, '.nan'],
  [Number.NEGATIVE_INFINITY, '-.inf'],
  [new Date('2024-01-02T03:04:05.678Z'), '2024-01-02 03:04:05.678000+00:00'],
] as const) {
  test(`${typeof value} ${JSON.stringify(String(value))} is written so that PyYAML reads it back`, () => {
    assert.equal(printYaml({ key: value }), `key: ${text}\n`);
  });
}

test('an object of Python is read as plain data, and nothing is made of it', () => {
  const text = 'a: !!python/object/apply:os.system ["true"]\nb: !!python/tuple [1, 2]\n';
  assert.deepEqual(parseYaml(text), { a: ['true'], b: [1, 2] });
});

test('what repeats itself without end is refused, not unfolded', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let at = 1; at < 9; at++) {
    const [name, before] = ['abcdefghi'[at], 'abcdefghi'[at - 1]];
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  assert.throws(() => parseYaml(lines.join('\n')), /alias/i);
});

test('a document that cannot be read is refused in one line', () => {
  assert.throws(() => parseYaml('a: [1\nb: 2'), /^Error: [^\n]+$/);
});

test('any plain data is read back as it was written', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2900-01-01') }),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
  }));
  const same = (value: unknown): unknown =>
    typeof value === 'bigint' && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value)
    : value instanceof Date || value === null || typeof value !== 'object' ? value
    : Array.isArray(value) ? value.map(same)
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, same(one)])); // biome-ignore format: one case a line
  fc.assert(
    fc.property(tree, (value) => {
      const text = printYaml({ value: value as never });
      assert.deepEqual(parseYaml(text), { value: same(value) }, text);
    }),
    { numRuns: 500 },
  );
});
