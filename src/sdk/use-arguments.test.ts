/** What `useArguments` takes, gives and refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { isServiceError } from '../errors.ts';
import { evaluationArguments, withArguments } from './inject.ts';
import { type ArgumentDeclarations, secret, useArguments } from './use-arguments.ts';

function refused(given: Record<string, unknown>, declarations: ArgumentDeclarations): string {
  try {
    withArguments(given, () => useArguments(declarations));
  } catch (error) {
    if (isServiceError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'taken';
}

test('arguments have the types that their declarations say, and defaults where nothing is given', () => {
  const args = withArguments({ model: 'small', layers: '12', isFast: 'true', ratio: '0.5', size: '8' }, () =>
    useArguments({
      model: { type: 'string' },
      layers: { type: 'integer', minimum: 1 },
      isFast: { type: 'boolean', default: false },
      ratio: { type: 'number', maximum: 1 },
      size: { enum: [4, 8] },
      quant: { enum: ['q4', 'q8'], default: 'q4' },
      note: { type: 'string', isOptional: true },
      hub: z.url().optional(),
      retries: z.int().default(3),
    }),
  );
  const typed: {
    readonly model: string;
    readonly layers: number;
    readonly isFast: boolean;
    readonly ratio: number;
    readonly size: 4 | 8;
    readonly quant: 'q4' | 'q8';
    readonly note: string | undefined;
    readonly hub: string | undefined;
    readonly retries: number;
  } = args;
  assert.deepEqual(typed, {
    model: 'small', layers: 12, isFast: true, ratio: 0.5, size: 8, quant: 'q4', note: undefined, hub: undefined, retries: 3,
  }); // biome-ignore format: in one line
  // @ts-expect-error: the type of an argument is that of its declaration
  const wrong: number = args.model;
  assert.equal(typeof wrong, 'string');
  assert.throws(() => Object.assign(args, { model: 'other' }), TypeError);
});

test('a text stays a text where one is wanted, whatever it looks like', () => {
  const args = withArguments({ version: '007', code: '12', sum: '-1.5e3', id: '007' }, () =>
    useArguments({ version: { type: 'string' }, code: z.string(), sum: z.number(), id: z.int() }),
  );
  assert.deepEqual(args, { version: '007', code: '12', sum: -1500, id: 7 });
});

test('all that is missing or wrong is said at once, with what was probably meant', () => {
  assert.equal(
    refused(
      { modle: 'x', layers: '0.5', quant: 'q3' },
      {
        model: { type: 'string' },
        layers: { type: 'integer', minimum: 1 },
        quant: { enum: ['q4', 'q8'] },
      },
    ),
    'ARGUMENT_INVALID the argument model is missing: give it with --arg model=…, in a file with --arg-file, or to serve() as args; "modle" is given, did you mean that?' +
      '; the argument layers is "0.5": must be a whole number, 1 or more; the argument quant is "q3": must be one of "q4", "q8"',
  );
  assert.match(refused({ a: 'x' }, { a: z.url() }), /^ARGUMENT_INVALID the argument a is "x": Invalid URL$/);
  assert.match(refused({ a: null }, { a: { type: 'string', default: '' } }), /is null: must be a text$/);
  assert.match(refused({ a: Number.MAX_VALUE }, { a: { type: 'integer' } }), /must be a whole number$/);
});

test('what was given for a secret is not in the message', () => {
  const message = refused({ token: 'hf_abc' }, { token: secret(z.string().min(20, 'hf_abc is too short')) });
  assert.equal(
    message,
    'ARGUMENT_INVALID the argument token is not what it must be; it is secret, so that it is not shown',
  );
  assert.deepEqual(
    withArguments({ token: 'hf_abc' }, () => useArguments({ token: secret({ type: 'string' }) })),
    { token: 'hf_abc' },
  );
});

test('outside of a server nothing is given, and defaults hold', () => {
  assert.deepEqual(useArguments({ quant: { enum: ['q4'], default: 'q4' } }), { quant: 'q4' });
  assert.throws(() => useArguments({ model: {} }), /the argument model is missing/);
});

test('a name is no door to what objects inherit', () => {
  assert.match(refused({}, { constructor: {} }), /the argument constructor is missing/);
  assert.match(refused({}, { __proto__x: {} }), /the argument __proto__x is missing/);
});

test('what is asked for is noted, without a value', () => {
  const declared = withArguments({ token: 't' }, () => {
    useArguments({ token: secret({}), quant: { default: 'q4', description: 'How small.' } });
    useArguments({ model: z.string().optional() });
    return [...(evaluationArguments()?.declared.values() ?? [])];
  });
  assert.deepEqual(declared, [
    { name: 'token', isSecret: true, isRequired: true },
    { name: 'quant', description: 'How small.', isSecret: false, isRequired: false },
    { name: 'model', isSecret: false, isRequired: false },
  ]);
});

test('a declaration that is wrong is an error that names it', () => {
  assert.match(
    refused({}, { a: { tpye: 'string' } as never }),
    /useArguments, a: there is no option "tpye"; did you mean "type"/,
  );
  assert.match(
    refused({}, { a: { default: 'q5', enum: ['q4'] } }),
    /useArguments, a: default is "q5", but must be one of "q4"/,
  );
  assert.match(refused({}, { 'a b': {} }), /SERVICE_INVALID "a b" cannot be the name of an argument/);
  const later = z.string().refine(async () => true);
  assert.match(refused({ a: 'x' }, { a: later }), /the argument a has a schema with async checks/);
});
