/** Models of the store in services, from outside. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { start } from './start.ts';
import { createHome, type TestHome } from './store/home.ts';
import { writeFiles } from './write-service.ts';

let stores: TestHome;
before(async () => {
  stores = createHome();
  process.env.BENTOML_HOME = stores.home; // of this file's own process
  await stores.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'weights.bin'), 'one'), {
    metadata: { classes: ['setosa', 'virginica'], trainedAt: new Date(0), rows: 2n ** 60n },
    labels: { stage: 'production' },
  });
});
after(() => stores[Symbol.dispose]());

const service = `import { readFileSync } from 'node:fs';
import { api, model, service, type Model } from 'bentots';
@service({ workers: 2 })
export class Iris {
  @model('iris:latest') iris!: Model;
  atOnce = this.iris.pathOf('weights.bin');
  @api() weights(): string { return readFileSync(this.atOnce, 'utf8'); }
  @api() what(): string {
    const { tag, record, creationTime } = this.iris;
    const { classes, trainedAt, rows } = record.metadata;
    return [tag, record.labels.stage, classes, trainedAt instanceof Date, rows, creationTime instanceof Date].join();
  }
  @api() end(): void { process.kill(process.pid, 'SIGKILL'); }
}
`;

test('a field with a tag gets the model of the store, in the field initialisers already', async () => {
  using written = writeFiles({ 'service.ts': service });
  await using started = await start(written.file);
  assert.equal(await (await started.post('/weights', {})).text(), 'one');
  assert.equal(
    await (await started.post('/what', {})).text(),
    `iris:v1,production,setosa,virginica,true,${2n ** 60n},true`,
  );
});

test('all workers of a service have the same model, also those that start after there is a newer one', async () => {
  using written = writeFiles({ 'service.ts': service });
  await using started = await start(written.file, { workers: 1 });
  await stores.models.create('iris:v2', (folder) => writeFileSync(join(folder, 'weights.bin'), 'two'));
  try {
    await started.post('/end', {});
    await started.line(({ message }) => message.startsWith('worker 1 of Iris ended'));
    const calls = Array.from({ length: 3 }, async () => (await started.post('/weights', {})).text());
    assert.deepEqual(await Promise.all(calls), ['one', 'one', 'one']);
    await started.server.reload();
    assert.equal(await (await started.post('/weights', {})).text(), 'two');
  } finally {
    await stores.models.delete('iris:v2');
  }
});

test('a model that is not in the store is named with what to do, and nothing is served', async () => {
  using written = writeFiles({ 'service.ts': service.replace('iris:latest', 'rose:v1') });
  await assert.rejects(start(written.file), {
    code: 'MODEL_MISSING',
    message: `the model of Iris.iris is missing: there is no model rose:v1 in ${join(stores.home, 'models')}; bento models list says what there is, or create or import it first`,
  });
});

test('a model that was deleted while it is served is named by the worker that starts without it', async () => {
  await stores.models.create('rose:v1', () => {});
  using written = writeFiles({ 'service.ts': service.replace('iris:latest', 'rose:v1') });
  await using started = await start(written.file, { workers: 1 });
  rmSync(join(stores.home, 'models/rose'), { recursive: true });
  await started.post('/end', {});
  const { message } = await started.line(({ message }) => message.includes('the model of Iris.iris is missing'));
  assert.match(message, /rose.v1.*model\.yaml/);
});

test('plain JavaScript gets the model by its tag, too', async () => {
  using written = writeFiles({
    'service.js': `import { defineService } from 'bentots';
export const Iris = defineService(class Iris { tag() { return String(this.iris.tag); } },
  { models: { iris: 'iris' }, apis: { tag: { params: {} } } });
`,
  });
  await using started = await start(written.file);
  assert.equal(await (await started.post('/tag', {})).json(), 'iris:v1');
});

test('outside of a worker the field reads the store', async () => {
  const { bentoModel, model } = await import('bentots');
  class Plain {
    iris = model(bentoModel('iris'))(undefined, {
      kind: 'field',
      name: 'iris',
      static: false,
      private: false,
      metadata: {},
    } as never).call(this as never);
  }
  assert.equal(String(new Plain().iris.tag), 'iris:v1');
});
