/** Values of many bytes, on their way to workers and back. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Tensor } from 'bentots';
import { pack, unpack } from '../src/io/crossing.ts';
import { readTensorFrame, writeTensorFrame } from '../src/io/tensor-frame.ts';
import { type Started, start } from './start.ts';

const mediaType = 'application/vnd.safetensors';
const length = 50_000;

/** Sends a tensor of 200 kB whose elements are all `value`, and gives the data of what comes back. */
async function twice(service: Started, value: number): Promise<Float32Array> {
  const values = new Tensor('float32', new Float32Array(length).fill(value), [length]);
  const response = await fetch(`${service.url}/twice`, {
    method: 'POST',
    headers: { 'content-type': mediaType, accept: mediaType },
    body: Buffer.concat(writeTensorFrame(pack({ values }))),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  assert.equal(response.status, 200, new TextDecoder().decode(body.subarray(0, 500)));
  const limits = { headerLimitBytes: 10_000, jsonDepthLimit: 10 };
  return (unpack(readTensorFrame(body, true, limits)) as Tensor<'float32'>).data;
}

async function assertTwice(service: Started, value: number): Promise<void> {
  const data = await twice(service, value);
  assert.equal(data.length, length);
  const wrong = data.findIndex((one) => one !== value * 2);
  assert.equal(wrong, -1, `who sent ${value} got ${data[wrong]} at ${wrong}`);
}

test('each of many callers at once gets its own values, and none of those that came before', async () => {
  await using service = await start('large-values');
  for (const round of [1, 2]) {
    await Promise.all(Array.from({ length: 16 }, (_, at) => assertTwice(service, round * 100 + at)));
  }
});

/** Descriptors of this process for memory that it shares. */
function countShared(): number {
  const targets = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return ''; // that of the listing itself
    }
  });
  return targets.filter((target) => target.startsWith('/dev/shm/bentots-')).length;
}

test('the memory shared with a worker goes with it, and its successor has its own', {
  skip: process.platform !== 'linux',
}, async () => {
  const before = countShared();
  {
    await using service = await start('large-values');
    await assertTwice(service, 1);
    const during = countShared();
    assert.ok(during > before);
    const pid = Number(await (await service.post('/pid', {})).text());
    process.kill(pid, 'SIGKILL');
    await service.line(({ message }) => message.includes('SIGKILL from outside'));
    while ((await fetch(`${service.url}/readyz`)).status !== 200);
    await assertTwice(service, 3);
    assert.equal(countShared(), during);
  }
  assert.equal(countShared(), before);
});
