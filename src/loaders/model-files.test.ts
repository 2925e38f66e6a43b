import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findModelFile } from './model-files.ts';

function createFolder(...names: readonly string[]) {
  const path = mkdtempSync(join(tmpdir(), 'bentots-files-'));
  for (const name of names) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), '');
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const wish = { loader: 'onnx(…)', extension: '.onnx', usual: ['saved_model.onnx', 'onnx/model.onnx'] };

for (const [what, names, file, found] of [
  ['the one of a usual name', ['a.onnx', 'onnx/model.onnx'], undefined, 'onnx/model.onnx'],
  ['the first of the usual names', ['onnx/model.onnx', 'saved_model.onnx'], undefined, 'saved_model.onnx'],
  ['the only one', ['deep/er/a.onnx', 'b.txt', '.hidden.onnx'], undefined, 'deep/er/a.onnx'],
  ['the one that was chosen', ['saved_model.onnx', 'b.onnx'], 'b.onnx', 'b.onnx'],
] as const) {
  test(`${what} is opened`, () => {
    using folder = createFolder(...names);
    assert.equal(findModelFile(folder.path, { ...wish, file }), join(folder.path, found));
  });
}

for (const [what, names, file, problem] of [
  ['none', ['a.txt'], undefined, 'it has no file that ends with .onnx'],
  ['several', ['b.onnx', 'a.onnx'], undefined, 'it has a.onnx, b.onnx; choose one with the option file'],
  ['not the one that was chosen', ['a.onnx'], 'b.onnx', 'it has no file b.onnx'],
] as const) {
  test(`a folder that has ${what} is told of`, () => {
    using folder = createFolder(...names);
    assert.throws(() => findModelFile(folder.path, { ...wish, file }), {
      code: 'MODEL_FILE_MISSING',
      message: `onnx(…) cannot open ${folder.path}: ${problem}`,
    });
  });
}

test('a file may be named by its path, and behind a link; one that is not there is told of', () => {
  using folder = createFolder('blob');
  symlinkSync(join(folder.path, 'blob'), join(folder.path, 'model.onnx'));
  assert.equal(findModelFile(join(folder.path, 'model.onnx'), wish), join(folder.path, 'model.onnx'));
  assert.equal(findModelFile(folder.path, wish), join(folder.path, 'model.onnx'));
  assert.throws(() => findModelFile(join(folder.path, 'gone'), wish), {
    message: `onnx(…) cannot open ${join(folder.path, 'gone')}: there is no such file or folder`,
  });
});
