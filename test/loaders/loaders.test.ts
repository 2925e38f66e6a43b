/** The loaders with the libraries themselves, in services as users write them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Tensor } from 'bentots';
import { type OnnxTensor, onnx, tfjs, transformers } from 'bentots/loaders';
import { start } from '../start.ts';
import { createHome, type TestHome } from '../store/home.ts';
import { writeFiles } from '../write-service.ts';
import { embeddingModel } from './tiny-onnx.ts';

const table = [
  [0, 0],
  [1, 10],
  [2, 20],
  [3, 30],
];
let stores: TestHome;
let folder = '';
before(async () => {
  stores = createHome();
  process.env.BENTOML_HOME = stores.home;
  folder = mkdtempSync(join(tmpdir(), 'bentots-loaders-'));
  await stores.models.create('tiny:v1', (to) => writeFileSync(join(to, 'model.onnx'), embeddingModel(table)));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  stores[Symbol.dispose]();
});

test('onnx opens a model of the store in a service, which answers with what it computes', async () => {
  using written = writeFiles({
    'service.ts': `import { api, model, onStartup, service, type Model } from 'bentots';
import { onnx, type OnnxSession } from 'bentots/loaders';
import { createRequire } from 'node:module';
const { Tensor } = createRequire(process.cwd() + '/any.js')('onnxruntime-node');
@service()
export class Tiny {
  @model('tiny') tiny!: Model;
  #session!: OnnxSession;
  @onStartup async load() { this.#session = await onnx(this.tiny); }
  @api() async embed(ids: number[]): Promise<number[]> {
    const input = new Tensor('int64', BigInt64Array.from(ids.map(BigInt)), [1, ids.length]);
    const { last_hidden_state } = await this.#session.run({ input_ids: input, attention_mask: input, token_type_ids: input });
    return [...(last_hidden_state!.data as Float32Array)];
  }
}
`,
  });
  await using started = await start(written.file);
  const response = await started.post('/embed', { ids: [3, 1] });
  assert.deepEqual([response.status, await response.json()], [200, [3, 30, 1, 10]]);
});

test('onnx opens a path, and takes the options of ONNX Runtime', async () => {
  const file = join(folder, 'any.onnx');
  writeFileSync(file, embeddingModel(table));
  for (const source of [file, folder]) {
    const session = await onnx(source, { executionProviders: ['cpu'], graphOptimizationLevel: 'disabled' });
    assert.deepEqual(session.outputNames, ['last_hidden_state']);
    await session.release();
  }
  writeFileSync(file, 'no model');
  await assert.rejects(onnx(file), /protobuf|parse/i);
});

test('transformers opens a model with its tokenizer for a task, from its folder and from nowhere else', async () => {
  const model = join(folder, 'tiny-bert');
  mkdirSync(join(model, 'onnx'), { recursive: true });
  writeFileSync(join(model, 'onnx/model.onnx'), embeddingModel(table));
  const vocab = { '[UNK]': 0, hello: 1, world: 2, '[PAD]': 3 };
  const files = {
    'config.json': { model_type: 'bert', architectures: ['BertModel'], hidden_size: 2 },
    'tokenizer_config.json': {
      tokenizer_class: 'BertTokenizer',
      unk_token: '[UNK]',
      pad_token: '[PAD]',
      model_max_length: 16,
    },
    'tokenizer.json': {
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordLevel', vocab, unk_token: '[UNK]' },
    },
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(model, name), JSON.stringify(content));
  const extract = await transformers(model, 'feature-extraction', { dtype: 'fp32' });
  const { data } = (await extract('hello world')) as { data: Float32Array };
  assert.deepEqual([...data], [1, 10, 2, 20]);
  await assert.rejects(transformers(join(folder, 'nowhere'), 'feature-extraction'), { code: 'MODEL_FILE_MISSING' });
  rmSync(join(model, 'tokenizer.json'));
  await assert.rejects(transformers(model, 'feature-extraction'), /tokenizer\.json/);
});

test('tfjs opens layers and graphs, with their weights', async () => {
  const model = join(folder, 'tiny-tfjs');
  mkdirSync(model);
  const topology = {
    class_name: 'Sequential',
    keras_version: '2.0.0',
    backend: 'tensor_flow',
    config: {
      name: 'tiny',
      layers: [
        {
          class_name: 'Dense',
          config: {
            name: 'dense',
            units: 1,
            activation: 'linear',
            use_bias: true,
            batch_input_shape: [null, 2],
            dtype: 'float32',
          },
        },
      ],
    },
  };
  const weights = [
    { name: 'dense/kernel', shape: [2, 1], dtype: 'float32' },
    { name: 'dense/bias', shape: [1], dtype: 'float32' },
  ];
  const manifest = (path: string) => [{ paths: [path], weights }];
  const describe = (path: string) =>
    writeFileSync(
      join(model, 'model.json'),
      JSON.stringify({ format: 'layers-model', modelTopology: topology, weightsManifest: manifest(path) }),
    );
  describe('weights.bin');
  writeFileSync(join(model, 'weights.bin'), Buffer.from(new Float32Array([2, 3, 1]).buffer));
  const { createRequire } = await import('node:module');
  const tf = createRequire(join(process.cwd(), 'any.js'))('@tensorflow/tfjs') as {
    tensor2d(rows: number[][]): unknown;
  };
  const loaded = await tfjs<{ predict(input: unknown): { dataSync(): Float32Array } }>(model);
  assert.deepEqual([...loaded.predict(tf.tensor2d([[10, 100]])).dataSync()], [321]);
  describe('../../weights.bin');
  await assert.rejects(tfjs(model), { code: 'MODEL_FILE_MISSING', message: /leads out of its folder/ });
  writeFileSync(join(model, 'model.json'), '{}');
  await assert.rejects(tfjs(model), { code: 'MODEL_FILE_MISSING', message: /does not say what a model\.json/ });
});

interface TfTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  dataSync(): unknown;
}

interface Ort {
  readonly Tensor: new (
    type: 'float32' | 'int64' | 'float16',
    data: ArrayBufferView,
    dims: readonly number[],
  ) => { readonly type: string; readonly data: ArrayBufferView; readonly dims: readonly number[] };
}

test('tensors go to ONNX Runtime and TensorFlow.js, and back, with the same memory', async () => {
  const { createRequire } = await import('node:module');
  const load = createRequire(join(process.cwd(), 'any.js'));
  const ort = load('onnxruntime-node') as Ort;
  const numbers = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
  const there = numbers.toOrt(ort.Tensor);
  assert.deepEqual([there.type, there.dims, there.data === numbers.data], ['float32', [2, 2], true]);
  assert.equal(Tensor.from<'float32'>(there).data, numbers.data);
  const halves = new Tensor('float16', Uint16Array.of(0x3e00), [1]);
  const halvesThere = halves.toOrt(ort.Tensor);
  assert.equal(halvesThere.data.buffer, halves.data.buffer);
  assert.deepEqual(Tensor.from(halvesThere).toArray(), [1.5]);

  const tf = load('@tensorflow/tfjs') as {
    setBackend(name: string): Promise<boolean>;
    tensor(data: unknown, shape: readonly number[], dtype: string): TfTensor;
  };
  await tf.setBackend('cpu');
  const inTf = numbers.toTf(tf);
  assert.deepEqual([inTf.dtype, inTf.shape, inTf.dataSync() === numbers.data], ['float32', [2, 2], true]);
  assert.equal(Tensor.from<'float32'>(inTf).data, numbers.data);
  const [file, model] = [join(folder, 'tensors.onnx'), embeddingModel(table)];
  writeFileSync(file, model);
  const session = await onnx(file);
  const ids = Tensor.fromArray('int64', [[3n, 1n]]).toOrt(ort.Tensor);
  const { last_hidden_state } = await session.run({ input_ids: ids, attention_mask: ids, token_type_ids: ids });
  assert.deepEqual(Tensor.from(last_hidden_state as OnnxTensor).toArray(), [
    [
      [3, 30],
      [1, 10],
    ],
  ]);
  await session.release();
});
