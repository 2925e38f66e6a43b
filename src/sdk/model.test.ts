import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, metadataFor, modelRef } from './decorate.fixture.ts';
import { construct, currentInjection } from './inject.ts';
import { model } from './model.ts';
import type { ModelRef } from './model-ref.ts';

/** A class with one model in the field `weights`. */
function classWith(ref: ModelRef<string>) {
  const initialise = model(ref)(undefined, contextOf({ name: 'weights', kind: 'field' }, metadataFor()));
  return class Demo {
    weights: string = initialise.call(this);
  };
}

test('outside of a worker a field gets what is present already', () => {
  assert.equal(new (classWith(modelRef('here')))().weights, 'here');
});

test('outside of a worker a model that is not present says what to do', () => {
  assert.throws(() => new (classWith(modelRef(undefined, { path: './weights' })))(), {
    code: 'MODEL_MISSING',
    message:
      /^the model of Demo\.weights is missing: \{"kind":"test","path":"\.\/weights"\} is not present, seen from .*; serve the class/,
  });
});

test('in a worker a field gets what was resolved for it, whatever is present', () => {
  const instance = construct(classWith(modelRef('here')), new Map([['weights', 'resolved']]));
  assert.equal((instance as { weights: string }).weights, 'resolved');
});

test('a model that resolves to nothing is still the one that was resolved', () => {
  const instance = construct(classWith(modelRef('here')), new Map([['weights', undefined]]));
  assert.equal((instance as { weights: unknown }).weights, undefined);
});

test('after the constructor nothing is injected any more', () => {
  construct(class {}, new Map([['weights', 'x']]));
  assert.equal(currentInjection(), undefined);
});

test('two services constructed one within the other each get their own models', () => {
  const Inner = classWith(modelRef('of the inner'));
  const Outer = class {
    inner = construct(Inner, new Map([['weights', 'resolved for the inner']])) as { weights: string };
    seen = currentInjection()?.models.get('weights');
  };
  const outer = construct(Outer, new Map([['weights', 'of the outer']])) as InstanceType<typeof Outer>;
  assert.deepEqual([outer.inner.weights, outer.seen], ['resolved for the inner', 'of the outer']);
});

test("a class that a service constructs by hand does not get the service's model for a field of the same name", () => {
  const Helper = classWith(modelRef("the helper's"));
  const Service = class {
    helper = new Helper();
  };
  const instance = construct(Service, new Map([['weights', "the service's"]])) as InstanceType<typeof Service>;
  assert.equal(instance.helper.weights, "the helper's");
});

test('a model is injected by the copy of bentots that runs the worker, also into a class of another copy', async () => {
  // The same source under another URL is another module.
  const other = (await import(
    new URL('./inject.ts?another-copy', import.meta.url).href
  )) as typeof import('./inject.ts');
  assert.notEqual(other.construct, construct);
  const instance = other.construct(classWith(modelRef('here')), new Map([['weights', 'resolved']]));
  assert.equal((instance as { weights: string }).weights, 'resolved');
});
