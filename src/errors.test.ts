import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ApiError,
  type ErrorCode,
  type ErrorRecord,
  errorTable,
  fromRecord,
  isServiceError,
  ServiceError,
  toAnswer,
  toRecord,
} from './errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[]; // the keys of a literal

/** Makes an error of any row, with every placeholder that the row names. */
function raise(code: ErrorCode, value = 'filled'): ServiceError {
  const names = [...errorTable[code].message.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return new ServiceError(code, Object.fromEntries(names.map((name) => [name, value])) as never);
}

test('every row fills its placeholders and has a status that HTTP knows as an error', () => {
  for (const code of codes) {
    const { message } = raise(code);
    assert.doesNotMatch(message, /[{}]|undefined/, code);
    assert.ok(errorTable[code].http >= 400 && errorTable[code].http <= 599, code);
  }
});

test('a parameter that looks like a placeholder is text and is not filled again', () => {
  const error = new ServiceError('NOT_FOUND', { what: '{remedy}', remedy: '$& $1' });
  assert.equal(error.message, '{remedy} is not here; $& $1');
});

test('an error that is worth sending again is one of being too busy, too late or gone, never a mistake of the caller', () => {
  const retried = codes.filter((code) => errorTable[code].retry).map((code) => errorTable[code].http);
  assert.deepEqual([...new Set(retried)].sort(), [408, 429, 499, 502, 503, 504]);
});

test('isServiceError tells one code from the others, and from what only looks like it', () => {
  const error = new ServiceError('STOPPING', {});
  assert.deepEqual(
    [isServiceError(error), isServiceError(error, 'STOPPING'), isServiceError(error, 'TIMEOUT')],
    [true, true, false],
  );
  assert.equal(isServiceError({ name: 'ServiceError', code: 'STOPPING' }), false);
});

for (const status of [399, 600, 0, -1, 404.5, Number.NaN, Number.POSITIVE_INFINITY, '404']) {
  test(`an ApiError with the status ${JSON.stringify(status)} cannot be made`, () => {
    assert.throws(() => new ApiError(status as number, 'x'), /must be an integer from 400 to 599/);
  });
}

test('an ApiError may have any status from 400 to 599', () => {
  assert.deepEqual(
    [400, 418, 599].map((status) => new ApiError(status, 'x').status),
    [400, 418, 599],
  );
});

test('an ApiError is answered word for word, and may be sent again after 429 and 503', () => {
  const detail = [{ loc: ['a'], msg: 'b', type: 'c' }];
  assert.deepEqual(toAnswer(new ApiError(422, 'no face', { code: 'NO_FACE', detail })), {
    status: 422,
    body: { error: 'no face', code: 'NO_FACE', detail },
    retry: false,
  });
  assert.deepEqual(
    [429, 503, 500].map((status) => toAnswer(new ApiError(status, 'x')).retry),
    [true, true, false],
  );
});

for (const [what, thrown] of [
  ['an Error', new Error('secret')],
  ['an Error with a secret cause', new Error('x', { cause: new Error('secret') })],
  ['a string', 'secret'],
  ['an object that looks like an answer', { status: 418, message: 'secret', code: 'X', detail: [] }],
  ['nothing', undefined],
] as const) {
  test(`a caller hears nothing of ${what} from inside`, () => {
    const { status, body } = toAnswer(thrown);
    assert.deepEqual([status, body.code, body.detail], [500, 'INTERNAL', []]);
    assert.doesNotMatch(JSON.stringify(body), /secret/);
  });
}

test('a service error survives the way through a record, with code, message, detail, stack and causes', () => {
  const detail = [{ loc: ['items', 3], msg: 'must be number', type: 'type' }];
  const cause = new TypeError('the cause', { cause: new ApiError(404, 'the root', { code: 'ROOT' }) });
  const before = new ServiceError('INVALID_INPUT', { problem: 'bad' }, { detail, cause });
  const after = fromRecord(structuredClone(toRecord(before)));
  assert.ok(isServiceError(after, 'INVALID_INPUT'));
  assert.deepEqual([after.message, after.detail, after.stack], ['bad', detail, before.stack]);
  const second = after.cause as Error;
  assert.deepEqual([second.name, second.message, second.stack], ['TypeError', 'the cause', cause.stack]);
  const root = second.cause;
  assert.ok(root instanceof ApiError);
  assert.deepEqual([root.status, root.code, root.message], [404, 'ROOT', 'the root']);
});

test('a message is not filled in a second time on the other side of a record', () => {
  const record = toRecord(new ServiceError('NOT_FOUND', { what: '/{a}', remedy: '{b}' }));
  assert.equal(fromRecord(record).message, '/{a} is not here; {b}');
});

test('a cause that points back at itself ends after a few levels', () => {
  const error = new Error('round');
  error.cause = error;
  let depth = 0;
  for (let at: ErrorRecord | undefined = toRecord(error); at; at = at.cause) depth++;
  assert.equal(depth, 9);
});

for (const [what, thrown, text] of [
  ['a string', 'oops', 'oops'],
  ['undefined', undefined, 'undefined'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  [
    'an object whose toString throws',
    {
      toString() {
        throw new Error('no');
      },
    },
    'object',
  ],
  ['an object without a prototype', Object.create(null), 'object'],
] as const) {
  test(`${what} that is thrown becomes an error that says so`, () => {
    const record = toRecord(thrown);
    assert.deepEqual(
      [record.kind, record.code, record.message],
      ['other', 'METHOD_FAILED', `a value that is no Error was thrown: ${text}`],
    );
  });
}

test('an error without a stack is told by name and message', () => {
  const error = new RangeError('far');
  Object.assign(error, { stack: undefined });
  assert.equal(toRecord(error).stack, 'RangeError: far');
});

test('an error of a class that the other side does not know keeps its name', () => {
  class Strange extends Error {
    override name = 'Strange';
  }
  assert.equal(fromRecord(toRecord(new Strange('x'))).name, 'Strange');
});

test('a code that no row has, or that only every object has, is revived as a plain error', () => {
  for (const code of ['GONE', 'toString', 'constructor']) {
    const record: ErrorRecord = { ...toRecord(new ServiceError('STOPPING', {})), code, message: 'kept' };
    const error = fromRecord(record);
    assert.deepEqual([isServiceError(error), error.message], [false, 'kept'], code);
  }
});

test('an ApiError whose class was given an impossible status by its author is still an error on the other side', () => {
  const record: ErrorRecord = { ...toRecord(new ApiError(400, 'kept')), status: 200 };
  const error = fromRecord(record);
  assert.equal(error.message, 'kept');
  assert.equal(toAnswer(error).status, 500);
});

test('whatever an author put into an error, its record can cross a process border and be written as JSON', () => {
  const odd = new ApiError(422, 'x', { detail: [{ loc: [5n, () => 1], msg: Symbol('s'), type: 'x' }] as never });
  Object.assign(odd, { stack: () => 'not a text' });
  const record = structuredClone(toRecord(odd));
  assert.equal(typeof JSON.stringify(toAnswer(fromRecord(record)).body), 'string');
});

test('an error whose message cannot be read is still written down', () => {
  const error = new Error('x');
  Object.defineProperty(error, 'message', {
    get() {
      throw new Error('not readable');
    },
  });
  assert.equal(toRecord(error).kind, 'other');
});

suite('errors of another copy of bentots in the same process', async () => {
  // The same source under another URL is another module, with classes of its own.
  const other = (await import(
    new URL('./errors.ts?another-copy', import.meta.url).href
  )) as typeof import('./errors.ts');

  test('are instances of our classes, and ours of theirs', () => {
    assert.notEqual(other.ApiError, ApiError);
    const [ours, theirs] = [new ApiError(409, 'x'), new other.ApiError(409, 'x')];
    assert.deepEqual([theirs instanceof ApiError, ours instanceof other.ApiError], [true, true]);
    assert.equal(isServiceError(new other.ServiceError('STOPPING', {}), 'STOPPING'), true);
    assert.deepEqual([theirs instanceof ServiceError, ours instanceof ServiceError], [false, false]);
  });

  test('reach the caller word for word', () => {
    const record = toRecord(new other.ApiError(409, 'sold out', { code: 'SOLD_OUT' }));
    assert.deepEqual([record.kind, record.status, record.code, record.message], ['api', 409, 'SOLD_OUT', 'sold out']);
  });

  test('are no instances of a class that an author derived from ours', () => {
    class NoFace extends ApiError {}
    assert.deepEqual(
      [new NoFace(422, 'x'), new ApiError(422, 'x'), new other.ApiError(422, 'x'), {}].map(
        (one) => one instanceof NoFace,
      ),
      [true, false, false, false],
    );
    assert.equal(new NoFace(422, 'x') instanceof other.ApiError, true);
  });

  test('keep their sentence where this version has no row for their code', () => {
    const error = Object.assign(new other.ServiceError('STOPPING', {}), { code: 'FROM_THE_FUTURE', message: 'kept' });
    assert.deepEqual([toRecord(error).kind, toRecord(error).message, toAnswer(error).status], ['other', 'kept', 500]);
  });
});
