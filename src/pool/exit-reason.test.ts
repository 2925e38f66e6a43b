import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRecord } from '../errors.ts';
import { type EndFacts, type ExitReason, explainEnd, stackOf, toPublicWords, toWords } from './exit-reason.ts';

const explain = (facts: Partial<EndFacts>) =>
  explainEnd({
    code: null,
    signal: null,
    cause: undefined,
    lastWords: undefined,
    stderrTail: '',
    hasMemoryKill: false,
    ...facts,
  });

const error = toRecord(new Error('secret'));
const heapIsFull =
  '\n<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n';
const hung = { kind: 'hung', method: 'embed', silentMs: 1500 } as const;

for (const [title, facts, expected] of [
  ['an exit code', { code: 3 }, { kind: 'exit', code: 3 }],
  [
    'a call of process.exit',
    { code: 3, lastWords: { kind: 'exit', code: 3, stack: 'at x' } },
    { kind: 'exit', code: 3, stack: 'at x' },
  ],
  ['an exception', { code: 1, lastWords: { kind: 'exception', error } }, { kind: 'exception', error }],
  ['a full heap', { signal: 'SIGABRT', stderrTail: heapIsFull }, { kind: 'out_of_memory', of: 'heap' }],
  ['a full heap on Windows', { code: 134, stderrTail: heapIsFull }, { kind: 'out_of_memory', of: 'heap' }],
  ['an abort of native code', { signal: 'SIGABRT' }, { kind: 'crash', how: 'SIGABRT' }],
  ['an abort of native code on Windows', { code: 134 }, { kind: 'crash', how: 'exit code 134' }],
  ['a wrong address', { signal: 'SIGSEGV' }, { kind: 'crash', how: 'SIGSEGV' }],
  ['a wrong address on Windows', { code: 0xc0000005 }, { kind: 'crash', how: '0xc0000005' }],
  ['SIGKILL of somebody', { signal: 'SIGKILL' }, { kind: 'signal', signal: 'SIGKILL' }],
  [
    'SIGKILL while the system killed for memory',
    { signal: 'SIGKILL', hasMemoryKill: true },
    { kind: 'out_of_memory', of: 'system' },
  ],
  ['SIGTERM of somebody', { signal: 'SIGTERM', hasMemoryKill: true }, { kind: 'signal', signal: 'SIGTERM' }],
  ['SIGKILL of ours', { signal: 'SIGKILL', cause: hung, hasMemoryKill: true }, hung],
  ['an end that it was told to make', { code: 0, cause: { kind: 'stopped' } }, { kind: 'stopped' }],
  ['a failed hook on the way out', { code: 1, cause: { kind: 'stopped' } }, { kind: 'stopped' }],
  ['a crash on the way out', { signal: 'SIGSEGV', cause: { kind: 'stopped' } }, { kind: 'crash', how: 'SIGSEGV' }],
  ['a closed line', { code: 113 }, { kind: 'disconnected' }],
] as const satisfies readonly (readonly [string, Partial<EndFacts>, ExitReason])[]) {
  test(`an end is named: ${title}`, () => assert.deepEqual(explain(facts), expected));
}

for (const [reason, words] of [
  [{ kind: 'exit', code: 3 }, 'exit code 3'],
  [{ kind: 'exit', code: 3, stack: 'at x' }, 'process.exit(3) was called'],
  [{ kind: 'exception', error }, 'nobody caught an exception: Error: secret'],
  [{ kind: 'rejection', error }, 'nobody handled the rejection of a promise: Error: secret'],
  [{ kind: 'crash', how: 'SIGSEGV' }, 'native code crashed (SIGSEGV)'],
  [{ kind: 'signal', signal: 'SIGKILL' }, 'SIGKILL from outside; perhaps the system was out of memory'],
  [{ kind: 'signal', signal: 'SIGTERM' }, 'SIGTERM from outside'],
  [{ kind: 'out_of_memory', of: 'system' }, 'the system was out of memory and killed it'],
  [hung, 'it was killed, since it gave no sign of life for 1500 ms after the time of embed was up'],
  [{ kind: 'abort_ignored', method: 'embed', lateMs: 30_000 }, 'embed went on for 30000 ms after its time was up'],
  [{ kind: 'disconnected' }, 'its line to the server was closed, as by process.disconnect()'],
  [
    { kind: 'foreign_message', error },
    'it was killed, since something wrote on its line to the server what no worker says: secret',
  ],
  [{ kind: 'not_started', problem: 'spawn EAGAIN' }, 'no process could be started: spawn EAGAIN'],
] as const satisfies readonly (readonly [ExitReason, string])[]) {
  test(`an end is told in words: ${words}`, () => assert.equal(toWords(reason), words));
}

test('callers do not hear what the author code said, and the log has its stack', () => {
  assert.equal(toPublicWords({ kind: 'exception', error }), 'nobody caught an exception');
  assert.equal(stackOf({ kind: 'exception', error }), error.stack);
  assert.equal(stackOf({ kind: 'stopped' }), undefined);
});
