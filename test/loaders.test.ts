/** The loaders without the libraries that they load; with them they are tried by `npm run test:loaders`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { llama, onnx, tfjs, transformers } from 'bentots/loaders';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'bentots-loaders-'));
  for (const name of ['model.onnx', 'model.gguf', 'config.json']) writeFileSync(join(folder, name), '{}');
  writeFileSync(join(folder, 'model.json'), '{"modelTopology":{},"weightsManifest":[]}');
});
after(() => rmSync(folder, { recursive: true }));

for (const [loader, name, load] of [
  ['onnx', 'onnxruntime-node', () => onnx(folder)],
  ['transformers', '@huggingface/transformers', () => transformers(folder, 'feature-extraction')],
  ['llama', 'node-llama-cpp', () => llama(folder)],
  ['tfjs', '@tensorflow/tfjs', () => tfjs(folder)],
] as const) {
  test(`${loader} names the line that installs ${name}`, async () => {
    await assert.rejects(load(), {
      code: 'PEER_MISSING',
      message: `the loader ${loader}(…) needs the package ${name}, which is not installed; run: npm install ${name}`,
    });
  });
}

test('a model without the file that a loader opens is told of before the library is looked for', async () => {
  await assert.rejects(llama(folder, { file: 'other.gguf' }), {
    code: 'MODEL_FILE_MISSING',
    message: `llama(…) cannot open ${folder}: it has no file other.gguf`,
  });
});
