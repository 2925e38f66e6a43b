/** Bentos with models of a hub: they bring the files, and need no hub where they are served. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { huggingFace } from 'bentots';
import { build } from 'bentots/build';
import { startService } from 'bentots/testing';
import { startHub } from './hub.ts';
import { createTestProject } from './project.ts';

const service = `import { readFileSync } from 'node:fs';
import { defineService, huggingFace } from 'bentots';
export const Tiny = defineService(class Tiny {
  config() { return readFileSync(this.tiny + '/deep/config.json', 'utf8'); }
}, { models: { tiny: huggingFace('Org/Tiny', { include: ['*.json'] }) }, apis: { config: { params: {}, output: { type: 'string' } } } });
`;

test('a bento brings the files of the commit that it was built with, those that are wanted and no others', async () => {
  await using hub = await startHub();
  using project = createTestProject({ 'service.js': service });
  const cache = join(project.stores.home, 'hub');
  Object.assign(process.env, { BENTOML_HOME: project.stores.home, HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache });
  const commit = hub.put('Org/Tiny', { 'deep/config.json': 'first', 'docs/README.md': 'x' });
  await huggingFace('Org/Tiny').resolve({ folder: project.folder }); // so that the cache has more
  const { bento } = await build({ service: project.folder, home: project.stores.home });

  const path = `models/models--Org--Tiny/snapshots/${commit}`;
  assert.deepEqual(readdirSync(bento.pathOf(path), { recursive: true }).sort(), ['deep', join('deep', 'config.json')]);
  const { record } = await project.stores.bentos.get(bento.tag);
  const [entry] =
    (record.document.services as { models: { tag: string; registry: string; metadata: object }[] }[])[0]?.models ?? [];
  assert.match(String(entry?.tag), /^org--tiny:[0-9a-f]{32}$/);
  assert.deepEqual(
    [entry?.registry, entry?.metadata],
    ['huggingface', { endpoint: hub.url, exclude: null, include: ['*.json'], model_id: 'Org/Tiny', revision: commit }],
  );

  hub.put('Org/Tiny', { 'deep/config.json': 'second' });
  rmSync(cache, { recursive: true });
  hub.requests.length = 0;
  await using started = await startService<{ config(): string }>(String(bento.tag));
  assert.equal(await started.client.config(), 'first');
  assert.deepEqual(hub.requests, []);
});
