/** A model that Python's `bentoml.onnx` saved, served by bentots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from '../start.ts';
import { createHome } from '../store/home.ts';
import { writeFiles } from '../write-service.ts';
import { python } from './python.ts';

const save = `import bentoml, bentoml.onnx, numpy
from onnx import helper, numpy_helper, TensorProto
table = numpy_helper.from_array(numpy.array([[1, 2], [3, 4]], dtype=numpy.float32), "table")
shape = ["n", 2]
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "table"], ["y"])], "times",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], [table])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
print(bentoml.onnx.save_model("times", model, metadata={"by": "Python"}).tag)
`;

const service = `import { createRequire } from 'node:module';
import { api, model, onStartup, service, type Model } from 'bentots';
import { onnx, type OnnxSession } from 'bentots/loaders';
const { Tensor } = createRequire(process.cwd() + '/any.js')('onnxruntime-node');
@service()
export class Times {
  @model('times') times!: Model;
  #session!: OnnxSession;
  @onStartup async load() { this.#session = await onnx(this.times); }
  @api() async run(x: number[]): Promise<number[]> {
    const { y } = await this.#session.run({ x: new Tensor('float32', Float32Array.from(x), [1, 2]) });
    return [...(y!.data as Float32Array)];
  }
  @api() what(): string { return [this.times.tag, this.times.record.module, this.times.record.metadata.by].join(); }
}
`;

test('a model that bentoml.onnx saved answers through our server', async () => {
  using stores = createHome();
  process.env.BENTOML_HOME = stores.home;
  const tag = python(stores, save).trim().split('\n').at(-1);
  process.chdir(fileURLToPath(new URL('../loaders/', import.meta.url))); // from where onnxruntime-node is found
  using written = writeFiles({ 'service.ts': service });
  await using started = await start(written.file);
  const response = await started.post('/run', { x: [10, 1] });
  assert.deepEqual([response.status, await response.json()], [200, [13, 24]]);
  assert.equal(await (await started.post('/what', {})).text(), `${tag},bentoml.onnx,Python`);
});
