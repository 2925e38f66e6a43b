import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { register } from 'tsx/esm/api';
import { api } from './api.ts';
import { decorate, modelRef } from './decorate.fixture.ts';
import { dataChain, isServiceClass } from './decorator-data.ts';
import { describeClass, modelRefs } from './describe-class.ts';
import { construct } from './inject.ts';
import { onStartup } from './lifecycle.ts';
import { service } from './service.ts';

type Classes = typeof import('./derived.fixture.ts') & typeof import('./base.fixture.ts');
let classes: Classes;
before(async () => {
  const unregister = register({ tsconfig: false }); // Node itself does not know decorators yet
  classes = { ...(await import('./base.fixture.ts')), ...(await import('./derived.fixture.ts')) };
  await unregister();
});

test('a class is described with what its bases said, methods sorted by name', () => {
  const described = describeClass(classes.Derived, 'Exported');
  assert.deepEqual(
    [described.className, described.exportName, described.options],
    ['Derived', 'Exported', { workers: 2 }],
  );
  const said = described.apis.map(({ name, options }) => ({ name, options }));
  assert.deepEqual(said, [
    { name: 'kept', options: { route: '/kept' } },
    { name: 'overridden', options: { slots: 2 } },
    { name: 'own', options: {} },
    { name: 'redeclared', options: { slots: 5 } },
  ]);
});

test('hooks run from the most distant base on, each once, where the base had it', () => {
  const { startupHooks, shutdownHooks } = describeClass(classes.Derived, 'Derived');
  assert.deepEqual(
    [startupHooks, shutdownHooks],
    [
      ['openBase', 'open', 'openDerived'],
      ['close', 'closeDerived'],
    ],
  );
});

test('models of base and derived class are described, the derived one for a field that both have', () => {
  assert.deepEqual(
    describeClass(classes.Derived, 'Derived').models.map(({ field, info }) => `${field}: ${info.value}`),
    ['baseWeights: base weights', 'replaced: replacing', 'weights: derived weights'],
  );
  assert.equal(modelRefs(classes.Derived).size, 3);
});

test('what describes a class can cross a process border', () => {
  const described = describeClass(classes.Derived, 'Derived');
  assert.deepEqual(structuredClone(described), described);
});

test('a service constructed by hand is a plain class with its models in place before its own fields', () => {
  const instance = new classes.Derived();
  assert.deepEqual(
    [instance.baseWeights, instance.weights, instance.replaced, instance.seen, instance.overridden()],
    ['base weights', 'derived weights', 'replacing', 'derived weights', 'derived'],
  );
});

test('a service constructed by a worker gets the models that it is given', () => {
  const models = new Map([
    ['weights', 'given'],
    ['baseWeights', 'given to the base'],
  ]);
  const instance = construct(classes.Derived, models) as InstanceType<Classes['Derived']>;
  assert.deepEqual(
    [instance.weights, instance.seen, instance.baseWeights, instance.replaced],
    ['given', 'given', 'given to the base', 'replacing'],
  );
});

test('a base without @service, and a class that only inherits one, are no services', () => {
  assert.deepEqual([classes.Base, classes.Derived, classes.Plain, classes.Again].map(isServiceClass), [
    false,
    true,
    false,
    true,
  ]);
});

test('a class that inherits from a service and carries its own @service starts with the defaults of options', () => {
  const { className, options, apis } = describeClass(classes.Again, 'Again');
  assert.deepEqual([className, options, apis.length], ['Again', {}, 4]);
});

test('a derived class changes nothing of what its base says', () => {
  assert.deepEqual(
    dataChain(classes.Base).flatMap(({ apis }) => apis.map(({ name }) => name)),
    ['kept', 'overridden', 'redeclared'],
  );
});

for (const value of [undefined, null, 5, {}, () => {}, class {}, Object.create(null), Symbol.iterator]) {
  test(`${typeof value} ${String(typeof value === 'object' ? JSON.stringify(value) : value).slice(0, 20)} is no service class`, () => {
    assert.equal(isServiceClass(value), false);
  });
}

test('another copy of the vocabulary knows the services of this one', async () => {
  const copy = (await import(`./decorator-data.ts?${'copy'}`)) as typeof import('./decorator-data.ts');
  assert.notEqual(copy.isServiceClass, isServiceClass);
  assert.deepEqual([copy.isServiceClass(classes.Derived), copy.isServiceClass(classes.Plain)], [true, false]);
});

test('a hook that is decorated twice runs once', () => {
  const target = decorate(
    class A {},
    [
      [onStartup, 'open'],
      [onStartup, 'open'],
      [api(), 'run'],
    ],
    service(),
  );
  assert.deepEqual(describeClass(target, 'A').startupHooks, ['open']);
});

test('a reference that throws while it is described is not hidden', () => {
  const broken = { ...modelRef('x'), toInfo: () => assert.fail('no info') };
  const target = decorate(class A {}, [[api(), 'run']], service());
  dataChain(target)[0]?.models.push({ field: 'weights', ref: broken });
  assert.throws(() => describeClass(target, 'A'), /no info/);
});

suite('a class that carries what decorators of another version wrote', () => {
  const metadata = { [Symbol.for('bentots.spec/2')]: { writtenBy: import.meta.url, service: {} } };
  const Base = class Base {};
  Object.defineProperty(Base, (Symbol as { metadata?: symbol }).metadata as symbol, { value: metadata });
  const mismatch = {
    code: 'COPY_MISMATCH',
    message:
      /^\w+ is decorated by bentots \d+\.\d+\.\d+ in \S+, whose decorators write spec 2, not spec 1; this is bentots \d+\.\d+\.\d+ in \S+; make it one version: npm ls bentots says who brings which$/,
  };

  test('is no service and no plain class, but an error that names both copies', () => {
    assert.throws(() => isServiceClass(Base), mismatch);
    assert.throws(() => describeClass(Base, 'Base'), mismatch);
  });

  test('cannot be the base of a service', () => {
    assert.throws(() => decorate(class Derived extends Base {}, [[api, 'run']], service), mismatch);
  });

  test('is told of even if that version does not say where it is', () => {
    const silent = { [Symbol.for('bentots.spec/2')]: undefined };
    const Silent = class {};
    Object.defineProperty(Silent, (Symbol as { metadata?: symbol }).metadata as symbol, { value: silent });
    assert.throws(() => isServiceClass(Silent), /decorated by bentots \(of unknown version\) in an unknown place, /);
  });
});
