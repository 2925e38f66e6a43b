import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceError } from '../errors.ts';
import { modelRef } from './decorate.fixture.ts';
import { isServiceClass } from './decorator-data.ts';
import { defineService } from './define-service.ts';
import { assignedFields, describeClass } from './describe-class.ts';

class Base {
  static prepare(): void {}
  load(): void {}
  isFine(): boolean {
    return true;
  }
  greet(name: string): string {
    return name;
  }
  async *count(from: number, _context: object): AsyncIterable<number> {
    yield from;
  }
}
const params = { name: { type: 'string' } };

test('a model that is no reference is refused, naming class and field', () => {
  assert.throws(
    () =>
      defineService(class Greeter extends Base {}, { apis: { greet: { params } }, models: { weights: {} as never } }),
    (error) => isServiceError(error, 'SERVICE_INVALID') && /Greeter\.weights has @model/.test(error.message),
  );
});

test('a class becomes a service, described as by decorators', () => {
  const Greeter = defineService(class Greeter extends Base {}, {
    workers: 2,
    apis: { greet: { params, route: '/hi' }, count: { params: { from: {} } } },
    models: { weights: modelRef('x') },
    onStartup: ['load'],
    onDeployment: ['prepare'],
    isAlive: 'isFine',
    isReady: 'isFine',
  });
  assert.ok(isServiceClass(Greeter));
  assert.deepEqual(describeClass(Greeter, 'Greeter'), {
    className: 'Greeter',
    exportName: 'Greeter',
    options: { workers: 2 },
    arguments: [],
    apis: [
      { name: 'count', options: {}, schemas: {}, shape: { kind: 'stream', isAsync: true, parameterCount: 2 } },
      {
        name: 'greet',
        options: { route: '/hi' },
        schemas: {},
        shape: { kind: 'unary', isAsync: false, parameterCount: 1 },
      },
    ],
    models: [{ field: 'weights', info: { kind: 'test', value: 'x' } }],
    startupHooks: ['load'],
    shutdownHooks: [],
    aliveHooks: ['isFine'],
    readyHooks: ['isFine'],
    deploymentHooks: ['prepare'],
  });
  assert.deepEqual(assignedFields(Greeter), ['weights']);
});

test('a class that extends a service is none itself until it is defined, and then has the apis of its base', () => {
  const Greeter = defineService(class Greeter extends Base {}, { apis: { greet: { params } } });
  class Louder extends Greeter {}
  assert.equal(isServiceClass(Louder), false);
  defineService(Louder, { apis: { count: { params: {} } } });
  assert.deepEqual(
    describeClass(Louder, 'Louder').apis.map(({ name }) => name),
    ['count', 'greet'],
  );
});

const wrong: readonly (readonly [what: string, definition: object, message: RegExp])[] = [
  ['no apis', { apis: {} }, /^Greeter has no method with @api\(\)/],
  [
    'a name that is no method',
    { apis: { gret: {} } },
    /^Greeter\.gret stands in apis, but is no method of the class; correct the name$/,
  ],
  ['the constructor', { apis: { constructor: {} } }, /^Greeter\.constructor stands in apis/],
  ['a hook that is no method', { apis: { greet: {} }, onStartup: ['lod'] }, /^Greeter\.lod stands in onStartup/],
  [
    'an unknown option',
    { apis: { greet: {} }, worker: 1 },
    /^@service of Greeter: there is no option "worker"; did you mean "workers"\?$/,
  ],
  [
    'an unknown option of a method',
    { apis: { greet: { rout: '/x' } } },
    /^@api of Greeter\.greet: there is no option "rout"/,
  ],
];

for (const [what, definition, message] of wrong) {
  test(`refused with what to do: ${what}`, () => {
    assert.throws(() => defineService(class Greeter extends Base {}, definition as never), { message });
  });
}

test('the compiler refuses names that are no methods, and options that contradict each other', () => {
  const define = (definition: Parameters<typeof defineService<typeof Base>>[1]) => definition;
  // @ts-expect-error: there is no such method
  define({ apis: { gret: {} } });
  // @ts-expect-error: the same in two ways
  define({ apis: { greet: { params, input: {} } } });
  // @ts-expect-error: a whole body has no parts with names
  define({ apis: { greet: { params, body: true } } });
  define({ apis: { greet: { input: {}, body: true } } });
});
