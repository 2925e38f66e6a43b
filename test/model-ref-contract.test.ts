/** The contract of references to models: all kinds of ours keep it, and what breaks it is told. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bentoModel, huggingFace, localFolder, type Model, type ModelRef, npmPackage, ociModel } from 'bentots';
import { modelRefContract } from 'bentots/testing';
import { startHub, type TestHub } from './hub.ts';
import { startRegistry, type TestRegistry } from './registry/registry.ts';
import { createHome, type TestHome } from './store/home.ts';

let stores: TestHome;
let hub: TestHub;
let registry: TestRegistry;
before(async () => {
  stores = createHome();
  hub = await startHub();
  hub.put('org/tiny', { 'config.json': '{}' });
  Object.assign(process.env, {
    BENTOML_HOME: stores.home,
    HF_ENDPOINT: hub.url,
    HF_HUB_CACHE: join(stores.home, 'hub'),
    HF_TOKEN_PATH: join(stores.home, 'token'),
  });
  await stores.models.create('iris:v1', () => {});
  registry = await startRegistry();
  process.env.DOCKER_CONFIG = stores.home;
  await stores.models.push('iris:v1', `${registry.host}/team/iris`);
  mkdirSync(join(stores.home, 'node_modules/weights'), { recursive: true });
  writeFileSync(join(stores.home, 'node_modules/weights/package.json'), '{}');
});
after(async () => {
  await registry[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  stores[Symbol.dispose]();
});

const place = () => ({ folder: stores.home });
const identify = ({ tag, folder }: Model) => [String(tag), folder];

for (const { name, run } of modelRefContract(() => ({
  present: bentoModel('iris'),
  missing: bentoModel('rose'),
  place: place(),
  identify,
}))) {
  test(`bentoModel: ${name}`, run);
}

for (const { name, run } of modelRefContract(() => ({
  present: ociModel(`${registry.host}/team/iris:v1`),
  missing: ociModel(`${registry.host}/team/rose:v1`),
  place: place(),
  identify,
}))) {
  test(`ociModel: ${name}`, run);
}

for (const [kind, present, missing] of [
  ['localFolder', localFolder('./models'), localFolder('./nowhere')],
  ['npmPackage', npmPackage('weights'), npmPackage('no-weights')],
  ['huggingFace', huggingFace('org/tiny'), huggingFace('org/none')],
] as const) {
  for (const { name, run } of modelRefContract<string>(() => ({ present, missing, place: place() }))) {
    test(`${kind}: ${name}`, run);
  }
}

/** A reference that keeps the promise, but for what is put in the place of a part of it. */
function mine(name: string, broken: Partial<ModelRef<string>> = {}): ModelRef<string> {
  const isThere = name === 'here';
  return {
    toInfo: () => ({ kind: 'mine', name }),
    fromInfo: (info) => {
      if (info.kind !== 'mine') throw new TypeError('it is not mine');
      return mine(String(info.name), broken);
    },
    find: () => (isThere ? '/here' : undefined),
    resolve: async () => {
      if (!isThere) throw new Error('it is nowhere');
      return '/here';
    },
    pin: async () => {
      if (!isThere) throw new Error('it is nowhere');
      return { kind: 'mine', name };
    },
    ...broken,
  };
}

async function failuresOf(broken: Partial<ModelRef<string>>): Promise<string[]> {
  const contract = modelRefContract(() => ({
    present: mine('here', broken),
    missing: mine('gone', broken),
    place: place(),
  }));
  const outcomes = contract.map(({ name, run }) => run().then(() => [], () => [name])); // biome-ignore format: one line
  return (await Promise.all(outcomes)).flat();
}

test('a reference of an author that keeps the promise passes', async () => {
  assert.deepEqual(await failuresOf({}), []);
});

let count = 0;
for (const [what, broken, failing] of [
  [
    'an info with a date',
    { toInfo: () => ({ kind: 'mine', name: 'here', at: new Date(0) }) },
    /plain data that JSON gives back/,
  ],
  [
    'an info that changes',
    { toInfo: () => ({ kind: 'mine', name: 'here', count: count++ }) },
    /as much as the next time/,
  ],
  ['fromInfo that gives itself', { fromInfo: () => mine('gone') }, /does not depend|same info/],
  ['fromInfo that takes anything', { fromInfo: ({ name }) => mine(String(name)) }, /another kind is refused/],
  ['resolve that differs', { resolve: async () => `/${count++}` }, /resolved to the same again/],
  ['find that finds nothing', { find: () => undefined }, /found without waiting/],
  ['find that always finds', { find: () => '/here' }, /missing is not found/],
  ['resolve that never fails', { resolve: async () => '/here' }, /missing is not found/],
  ['pin that means another one', { pin: async () => ({ kind: 'mine', name: 'gone' }) }, /^pinned/],
  ['pin that changes', { pin: async () => ({ kind: 'mine', name: 'here', at: count++ }) }, /^pinned/],
  ['pin of another kind', { pin: async () => ({ kind: 'other' }) }, /^pinned/],
  ['pin that never fails', { pin: async () => ({ kind: 'mine', name: 'here' }) }, /missing cannot be pinned/],
] as readonly (readonly [string, Partial<ModelRef<string>>, RegExp])[]) {
  test(`${what} fails the contract`, async () => {
    const failures = await failuresOf(broken);
    assert.ok(
      failures.some((name) => failing.test(name)),
      failures.join('; ') || 'nothing failed',
    );
  });
}
