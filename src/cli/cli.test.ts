import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { option } from '../config/option.ts';
import { ServiceError } from '../errors.ts';
import type { ApiSpec, JsonSchema } from '../spec/service-spec.ts';
import { describeApi } from './describe-api.ts';
import { addFlags, givenFlags } from './flags.ts';
import { printError } from './print-error.ts';
import { printValue } from './print-value.ts';

const rows = {
  port: option.count({ default: 3000, min: 0, max: 9, doc: 'The port.', flag: '--port <number>', env: 'APP_PORT' }),
  graceMs: option.ms({ default: 5, min: 0, doc: 'The grace.', flag: '--grace <ms>' }),
  hidden: option.count({ default: 1, min: 1, doc: 'Only in code.' }),
  maybe: option.optionalCount({ min: 1, doc: 'Perhaps.', flag: '--maybe <count>' }),
  door: {
    isOpen: option.boolean({ default: true, doc: 'Open.', flag: '--door <true|false>' }),
    width: option.count({ default: 1, min: 1, doc: 'Only in code.' }),
  },
};

/** What a command line with the rows' flags gives. */
function parse(...args: string[]): Record<string, unknown> {
  const command = new Command().exitOverride().configureOutput({ writeErr() {} });
  addFlags(command, rows);
  command.parse(args, { from: 'user' });
  return givenFlags(command.opts(), rows);
}

test('only the flags that are given are values; the rest is for the table to fill in', () => {
  assert.deepEqual(parse(), {});
  assert.deepEqual(parse('--port', '7', '--grace=9'), { port: 7, graceMs: 9 });
  assert.deepEqual(parse('--door', 'false'), { door: { isOpen: false } });
});

for (const text of ['10', '-1', 'many', '', '1.5']) {
  test(`a flag that is ${JSON.stringify(text)} is refused with what it must be`, () => {
    assert.throws(() => parse(`--port=${text}`), {
      code: 'commander.invalidArgument',
      message: /It must be a whole number, from 0 to 9\.$/,
    });
  });
}

test('a row without a flag has none', () => {
  assert.throws(() => parse('--hidden', '1'), { code: 'commander.unknownOption' });
});

test('the help has a row for each flag, with its default and its variable', () => {
  const command = new Command();
  addFlags(command, rows);
  const help = command.helpInformation().replace(/\s+/g, ' ');
  for (const line of [
    '--port <number> The port. (default 3000, environment APP_PORT)',
    '--grace <ms> The grace. (default 5)',
    '--maybe <count> Perhaps. --door',
  ]) {
    assert.ok(help.includes(line), help);
  }
});

/** What is printed. */
function printed(error: unknown, isVerbose: boolean, { mock }: Mocks): string {
  return writtenTo(process.stderr, () => printError(error, isVerbose), mock);
}

type Mocks = { readonly mock: typeof import('node:test').mock };

function writtenTo(stream: NodeJS.WriteStream, use: () => void, mock: Mocks['mock']): string {
  let text = '';
  const write = mock.method(stream, 'write', (piece: string) => {
    text += piece;
    return true;
  });
  try {
    use();
  } finally {
    write.mock.restore();
  }
  return text;
}

test('words of others in an error are text, with the lines that they have', (t) => {
  const error = new ServiceError('SERVER_MISSING', { problem: 'a\u001b[2J\u0007\nb' });
  assert.equal(printed(error, false, t as never), 'bento: a\\u0007\nb\n');
  const cause = new Error('c\u009b');
  assert.match(printed(new ServiceError('STOPPING', {}, { cause }), true, t as never), /caused by: Error: c\\u009b\n/);
});

test('a terminal gets values of others without what it would obey, and a program gets all of them', (t) => {
  const asPrinted = (isTerminal: boolean) => {
    const { isTTY } = process.stdout;
    process.stdout.isTTY = isTerminal;
    try {
      return writtenTo(process.stdout, () => printValue({ a: 'b\u202ec' }, 'json'), (t as never as Mocks).mock);
    } finally {
      process.stdout.isTTY = isTTY;
    }
  };
  assert.match(asPrinted(true), /"b\\u202ec"/);
  assert.deepEqual([/"b\u202ec"/.test(asPrinted(false)), JSON.parse(asPrinted(false))], [true, { a: 'b\u202ec' }]);
});

test('an error of the table is one line', (t) => {
  assert.equal(
    printed(new ServiceError('STOPPING', {}), false, t as never),
    'bento: the server is stopping; try another one\n',
  );
});

test('an error with a cause says how to hear of it, and --verbose tells it', (t) => {
  const error = new ServiceError('STOPPING', {}, { cause: new Error('the root', { cause: 'a text' }) });
  assert.match(printed(error, false, t as never), /^bento: [^\n]*\n\(--verbose says more\)\n$/);
  assert.match(
    printed(error, true, t as never),
    /cli\.test\.ts[\s\S]*caused by: Error: the root[\s\S]*caused by: a text\n$/,
  );
});

test('a fault of ours is told whole at once', (t) => {
  assert.match(printed(new TypeError('oops'), false, t as never), /^bento: oops\nTypeError: oops\n {4}at /);
  assert.match(printed('a text', false, t as never), /^bento: a text\na text\n$/);
});

test('a cause that points back at itself is told a few times, not for ever', (t) => {
  const error = new Error('round');
  error.cause = error;
  assert.match(printed(error, true, t as never), /^bento: round\n/);
});

const describe = (input: Readonly<Record<string, JsonSchema>>, output: JsonSchema, more: Partial<ApiSpec> = {}) =>
  describeApi({
    kind: 'unary',
    body: 'fields',
    parameters: Object.keys(input).map((name) => ({ name, isRequired: true })),
    input: { properties: input },
    output: { schema: output },
    ...more,
  } as ApiSpec);

for (const [schema, text] of [
  [{ type: 'string' }, 'string'],
  [{ type: ['number', 'null'] }, 'number | null'],
  [{ type: 'array', items: { type: 'number' } }, 'number[]'],
  [{ type: 'array', items: { type: ['number', 'null'] } }, '(number | null)[]'],
  [{ type: 'array', items: { type: 'array', items: { type: 'integer' } } }, 'integer[][]'],
  [{ type: 'array' }, 'array'],
  [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
  [{ const: false }, 'false'],
  [{ $ref: '#/$defs/Person' }, 'Person'],
  [{ anyOf: [{ $ref: '#/$defs/A' }, { type: 'null' }] }, 'A | null'],
  [{ oneOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/B' }] }, 'A | B'],
  [{ oneOf: [{ type: 'object' }, { type: 'object' }] }, 'object'],
  [{ type: ['string', 'null'], 'x-io-type': 'bytes' }, 'bytes | null'],
  [{ type: 'object', title: 'Person' }, 'Person'],
  [{ type: 'object' }, 'object'],
  [{}, 'unknown'],
] as const) {
  test(`${JSON.stringify(schema)} reads ${text}`, () => assert.equal(describe({}, schema), `() → ${text}`));
}

test('parameters are named, those that may be left out with a question mark, and streams say so', () => {
  const parameters = [
    { name: 'text', isRequired: true },
    { name: 'top', isRequired: false },
  ];
  assert.equal(
    describe({ text: { type: 'string' }, top: { type: 'integer' } }, { type: 'number' }, {
      parameters,
      kind: 'stream',
    } as never),
    '(text: string, top?: integer) → stream of number',
  );
});

test('a batchable method says how large its batches are', () => {
  const batching = { maxBatchSize: 64 } as ApiSpec['batching'] & object;
  assert.match(describe({}, { type: 'array' }, { batching }), /→ array, in batches of up to 64$/);
});

test('a parameter whose schema is not there is unknown', () => {
  assert.equal(describe({}, {}, { parameters: [{ name: 'a', isRequired: true }] }), '(a: unknown) → unknown');
});
