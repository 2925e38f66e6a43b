import assert from 'node:assert/strict';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHome, modelYaml } from '../../test/store/home.ts';
import { bentoModel } from './bento-model.ts';
import { pinModels, toBentoEntry, toPathInBento, toRef } from './model-kinds.ts';

/** A home with versions of a model, which is the one of this process until the end of the block. */
function useHome(...versions: readonly string[]) {
  const stores = createHome();
  const before = process.env.BENTOML_HOME;
  process.env.BENTOML_HOME = stores.home;
  for (const [at, version] of versions.entries()) {
    stores.write(
      `models/iris/${version}/model.yaml`,
      modelYaml('iris', version, `2024-05-0${at + 1}T10:00:00.12345${at}+00:00`),
    );
    stores.write(`models/iris/${version}/weights.bin`, version);
  }
  return {
    ...stores,
    place: { folder: stores.home },
    [Symbol.dispose]() {
      if (before === undefined) delete process.env.BENTOML_HOME;
      else process.env.BENTOML_HOME = before;
      stores[Symbol.dispose]();
    },
  };
}

test('a model of the store is found by its tag, its name and the beginning of its version, with and without waiting', async () => {
  using stores = useHome('v1', 'v2', 'w1');
  stores.write('models/iris/latest', 'v2');
  for (const [tag, version] of [
    ['iris', 'v2'],
    ['iris:latest', 'v2'],
    ['iris:v1', 'v1'],
    ['IRIS:w', 'w1'],
  ]) {
    const ref = bentoModel(tag as string);
    for (const model of [ref.find(stores.place), await ref.resolve(stores.place)]) {
      assert.equal(String(model?.tag), `iris:${version}`, tag);
      assert.equal(model?.pathOf('weights.bin'), join(stores.home, 'models/iris', version as string, 'weights.bin'));
    }
  }
});

test('without a pointer, or with one that leads nowhere, the newest is meant', async () => {
  using stores = useHome('v2', 'v1');
  for (const pointer of [undefined, 'gone', '../../escape', '']) {
    if (pointer !== undefined) stores.write('models/iris/latest', pointer);
    assert.equal(String(bentoModel('iris').find(stores.place)?.tag), 'iris:v1', pointer);
    if (pointer !== undefined) rmSync(join(stores.home, 'models/iris/latest'));
  }
});

test('a model that is not there, or may be one of several, is not found, and waiting for it says what to do', async () => {
  using stores = useHome('v1', 'v2');
  for (const [tag, code] of [
    ['other', 'STORE_ITEM_MISSING'],
    ['iris:x', 'STORE_ITEM_MISSING'],
    ['iris:v', 'STORE_ITEM_AMBIGUOUS'],
  ]) {
    assert.equal(bentoModel(tag as string).find(stores.place), undefined, tag);
    await assert.rejects(bentoModel(tag as string).resolve(stores.place), { code });
  }
});

test('a model with broken files is not taken for one that is missing', () => {
  using stores = useHome('v1');
  writeFileSync(join(stores.home, 'models/iris/v1/model.yaml'), 'name: [');
  assert.throws(() => bentoModel('iris:v1').find(stores.place), { code: 'STORE_ITEM_INVALID' });
  rmSync(join(stores.home, 'models/iris/v1/model.yaml'));
  symlinkSync('/etc/passwd', join(stores.home, 'models/iris/v1/model.yaml'));
  assert.throws(() => bentoModel('iris:v1').find(stores.place), { code: 'STORE_ITEM_INVALID' });
});

test('pinned, it is the version that it means now, with what bento.yaml says of it', async () => {
  using stores = useHome('v1', 'v2');
  const { weights: pinned } = await pinModels(
    [{ field: 'weights', info: bentoModel('iris').toInfo() }],
    'Demo',
    stores.place,
  );
  assert.ok(pinned);
  stores.write('models/iris/v3/model.yaml', modelYaml('iris', 'v3', '2024-06-01T10:00:00.000000+00:00'));
  const model = toRef(JSON.parse(JSON.stringify(pinned)))?.find(stores.place) as { tag: unknown };
  assert.equal(String(model.tag), 'iris:v2');
  assert.deepEqual(toBentoEntry(pinned), {
    tag: 'iris:v2',
    module: '',
    creation_time: '2024-05-02T10:00:00.123451+00:00',
  });
  assert.equal(toPathInBento(pinned), 'iris/v2');
});

test('what cannot be pinned is named by service and field', async () => {
  using stores = useHome();
  const models = [{ field: 'weights', info: bentoModel('iris').toInfo() }];
  await assert.rejects(pinModels(models, 'Demo', stores.place), {
    code: 'MODEL_MISSING',
    message: /^the model of Demo\.weights is missing: there is no model iris in /,
  });
});

test('what needs no pin stays as it is', async () => {
  using stores = useHome();
  const models = [
    { field: 'folder', info: { kind: 'localFolder', path: './weights' } },
    { field: 'theirs', info: { kind: 'theirs', at: 5 } },
  ];
  assert.deepEqual(await pinModels(models, 'Demo', stores.place), {
    folder: { kind: 'localFolder', path: './weights' },
    theirs: { kind: 'theirs', at: 5 },
  });
  assert.equal(toBentoEntry({ kind: 'theirs' }), undefined);
  assert.equal(toPathInBento({ kind: 'localFolder', path: './weights' }), undefined);
});

test('a model that a bento brings goes before the one of the store', async () => {
  using stores = useHome('v1');
  stores.write('brought/iris/v1/model.yaml', modelYaml('iris', 'v1'));
  const place = { ...stores.place, models: join(stores.home, 'brought') };
  for (const model of [bentoModel('iris:v1').find(place), await bentoModel('iris:v1').resolve(place)]) {
    assert.equal(model?.folder, join(stores.home, 'brought/iris/v1'));
  }
  stores.write('brought/empty', '');
  rmSync(join(stores.home, 'brought/iris'), { recursive: true });
  assert.equal((await bentoModel('iris:v1').resolve(place)).folder, join(stores.home, 'models/iris/v1'));
});
