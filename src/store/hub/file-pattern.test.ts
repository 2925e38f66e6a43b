import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFileFilter } from './file-pattern.ts';

for (const [pattern, fitting, other] of [
  ['*.json', ['a.json', 'deep/er/a.json', '.json'], ['a.json.bak', 'a_json']],
  ['onnx/', ['onnx/model.onnx', 'onnx/a/b'], ['onnx', 'x/onnx/a']],
  ['model.?', ['model.a', 'model..'], ['model.', 'model.ab']],
  ['[ab]*', ['a', 'b/c'], ['c', '']],
  ['[!ab]', ['c', '!'], ['a', 'b']],
  ['[]]', [']'], ['[]]']],
  ['[^a]', ['^', 'a'], ['b']],
  ['[a-c]', ['b'], ['d', '-']],
  ['[', ['['], ['a']],
  ['a+(b)|{c}$', ['a+(b)|{c}$'], ['aab']],
  ['a\nb*', ['a\nb\nc'], ['ab']],
  ['***', ['', 'a/b'], []],
] as const) {
  test(`${JSON.stringify(pattern)} fits as fnmatch of Python has it`, () => {
    const isWanted = createFileFilter({ include: [pattern] });
    assert.deepEqual([...fitting, ...other].filter(isWanted), fitting);
    assert.deepEqual([...fitting, ...other].filter(createFileFilter({ exclude: [pattern] })), other);
  });
}

test('what is excluded is not wanted, though it is included', () => {
  const isWanted = createFileFilter({ include: ['*.json', '*.onnx'], exclude: ['big*'] });
  assert.deepEqual(['a.json', 'big.json', 'a.txt', 'b.onnx'].filter(isWanted), ['a.json', 'b.onnx']);
});
