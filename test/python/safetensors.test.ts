/** Tensors of numpy as safetensors, sent and read by what a user of Python has at hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOurs } from './conformance/servers.ts';
import { pythonBeside } from './python.ts';

const program = `import httpx, numpy, sys
from safetensors.numpy import load, save
url, media = sys.argv[1], "application/vnd.safetensors"
x = numpy.arange(6, dtype="float32").reshape(2, 3)

def show(answer):
    value = load(answer.content)["value"]
    print(answer.status_code, answer.headers["content-type"], value.dtype, value.tolist())

show(httpx.post(url + "/tensor", content=save({"x": x}), headers={"content-type": media, "accept": media}))
show(httpx.post(url + "/tensor", json={"x": x.tolist()}, headers={"accept": media}))
print(httpx.post(url + "/tensor", content=save({"x": x}), headers={"content-type": media}).json())
show(httpx.post(url + "/anyTensor", content=save({"x": numpy.array([numpy.nan, -0.0])}), headers={"content-type": media, "accept": media}))
print(httpx.post(url + "/tensor", content=save({"x": x.T.copy()}), headers={"content-type": media}).status_code)
`;

test('tensors of numpy come and go as safetensors, and beside JSON', async () => {
  await using ours = await startOurs('Conformance');
  const said = await pythonBeside('-c', program, ours.url);
  const doubled = '[[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]';
  assert.deepEqual(said.trim().split('\n'), [
    `200 application/vnd.safetensors float32 ${doubled}`,
    `200 application/vnd.safetensors float32 ${doubled}`,
    '[[0, 2, 4], [6, 8, 10]]',
    '200 application/vnd.safetensors float64 [nan, -0.0]',
    '400',
  ]);
});
