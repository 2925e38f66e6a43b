import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { DecoratedApi } from '../spec/decorated.ts';
import { api } from './api.ts';
import type { Context } from './context.ts';
import { contextOf, decorate, metadataFor, modelRef } from './decorate.fixture.ts';
import { describeClass } from './describe-class.ts';
import { isAlive, isReady, onShutdown, onStartup } from './lifecycle.ts';
import { model } from './model.ts';
import { service } from './service.ts';

test('@api and @service go with and without brackets', () => {
  const bare = decorate(class Bare {}, [[api, 'run']], service);
  const called = decorate(class Called {}, [[api({ slots: 2 }), 'run']], service({ workers: 3 }));
  const said = (apis: readonly DecoratedApi[]) => apis.map(({ name, options }) => ({ name, options }));
  assert.deepEqual(said(describeClass(bare, 'Bare').apis), [{ name: 'run', options: {} }]);
  assert.deepEqual(said(describeClass(called, 'Called').apis), [{ name: 'run', options: { slots: 2 } }]);
  assert.deepEqual(describeClass(called, 'Called').options, { workers: 3 });
});

test('decorators give nothing back: the method and the class stay what they are', () => {
  const metadata = metadataFor();
  assert.equal(api((() => {}) as never, contextOf({ name: 'a' }, metadata)), undefined);
  assert.equal(api()((() => {}) as never, contextOf({ name: 'b' }, metadata)), undefined);
  assert.equal(
    onStartup(() => {}, contextOf({ name: 'c' }, metadata)),
    undefined,
  );
  assert.equal(
    onShutdown(() => {}, contextOf({ name: 'd' }, metadata)),
    undefined,
  );
});

const method = 'and @api needs';
for (const [what, member, problem] of [
  ['a getter', { name: 'run', kind: 'getter' }, 'run is a getter, and @api goes on a method; make it one'],
  ['a field', { name: 'run', kind: 'field' }, 'run is a field, and @api goes on a method; make it one'],
  [
    'a static method',
    { name: 'run', static: true },
    `run is static, ${method} a method of the instance; remove "static"`,
  ],
  [
    'a private method',
    { name: '#run', private: true },
    `#run is private, ${method} a method that can be called from outside; remove the "#"`,
  ],
  [
    'a symbol',
    { name: Symbol('run') },
    `Symbol(run) is named by a symbol, ${method} a name that can be written; give it one`,
  ],
  ['two underscores', { name: '__run' }, '__run begins with two underscores, which are kept for bentots; rename it'],
] as const) {
  test(`@api on ${what} is refused by the class, with what to do`, () => {
    assert.throws(() => decorate(class Demo {}, [[api(), member]], service()), {
      code: 'SERVICE_INVALID',
      message: `Demo.${problem}`,
    });
  });
}

test('a hook on something that cannot be called is refused, naming the hook', () => {
  for (const [hook, name] of [
    [onStartup, '@onStartup'],
    [onShutdown, '@onShutdown'],
    [isAlive, '@isAlive'],
    [isReady, '@isReady'],
  ] as const) {
    assert.throws(
      () =>
        decorate(
          class Demo {},
          [
            [api(), 'run'],
            [hook, { name: 'open', static: true }],
          ],
          service(),
        ),
      {
        message: `Demo.open is static, and ${name} needs a method of the instance; remove "static"`,
      },
    );
  }
});

for (const [what, member, ref, problem] of [
  ['a method', { name: 'weights', kind: 'method' }, modelRef('x'), /weights is a method, and @model goes on a field/],
  [
    'a private field',
    { name: '#weights', kind: 'field', private: true },
    modelRef('x'),
    /#weights is private or static/,
  ],
  [
    'a path',
    { name: 'weights', kind: 'field' },
    './weights',
    /weights has @model\(…\) with a text, and "\.\/weights" is no tag: .*; a folder is localFolder\("\.\/weights"\)$/,
  ],
  ['a tag without its version', { name: 'weights', kind: 'field' }, 'iris:', /write iris:latest/],
  ['nothing', { name: 'weights', kind: 'field' }, null, /weights has @model\(…\) with something that is no reference/],
] as const) {
  test(`@model with ${what} is refused by the class`, () => {
    assert.throws(
      () =>
        decorate(
          class Demo {},
          [
            [model(ref as never), member],
            [api(), 'run'],
          ],
          service(),
        ),
      {
        code: 'SERVICE_INVALID',
        message: problem,
      },
    );
  });
}

test('a problem in a base class is told by the service that inherits it', () => {
  const base = decorate(class Base {}, [[api(), { name: 'run', static: true }]]);
  assert.throws(
    () => decorate(class Derived extends base {}, [[api(), 'other']], service()),
    /^ServiceError: Derived\.run is static/,
  );
});

test('a class without a method that can be called is refused', () => {
  assert.throws(() => decorate(class Demo {}, [[onStartup, 'open']], service()), {
    message: 'Demo has no method with @api(), so nothing of it could be called; add one',
  });
});

test('a class that carries @service twice is refused', () => {
  assert.throws(() => decorate(class Demo {}, [[api(), 'run']], service(), service()), {
    message: 'Demo carries @service twice; remove one',
  });
});

test('two methods with one route are refused, also where one of them is inherited', () => {
  const base = decorate(class Base {}, [[api(), 'run']]);
  assert.throws(() => decorate(class Demo extends base {}, [[api({ route: '/run' }), 'other']], service()), {
    message: 'Demo.run and Demo.other both have the route /run; change one',
  });
});

for (const route of [
  '/livez',
  '/healthz',
  '/readyz',
  '/metrics',
  '/schema.json',
  '/docs.json',
  '/static_content',
  '/static_content/mine.css',
]) {
  test(`${route} is the server's own`, () => {
    assert.throws(() => decorate(class Demo {}, [[api({ route }), 'run']], service()), {
      message: `Demo.run has the route ${route}, which the server itself answers; choose another`,
    });
  });
}

test('a method named like a path of the server needs a route of its own', () => {
  assert.throws(() => decorate(class Demo {}, [[api(), 'metrics']], service()), /the route \/metrics/);
  assert.doesNotThrow(() => decorate(class Demo {}, [[api({ route: '/own' }), 'metrics']], service()));
});

test('wrong options are refused when the class is evaluated, naming class and method', () => {
  assert.throws(() => decorate(class Demo {}, [[api(), 'run']], service({ workers: 0 })), {
    message: '@service of Demo: workers is 0, but must be a whole number, from 1 to 1024, or cpu_count',
  });
  assert.throws(
    () => decorate(class Demo {}, [[api({ slots: 1.5 }), 'run']], service()),
    /^ServiceError: @api of Demo\.run: slots is 1\.5/,
  );
  assert.throws(() => decorate(class Demo {}, [[api(null as never), 'run']], service()), { code: 'OPTION_INVALID' });
});

test('a class without a name is called "the class" in messages', () => {
  assert.throws(
    () => decorate((() => class {})(), [], service()),
    /^ServiceError: the class has no method with @api\(\)/,
  );
});

for (const [name, call] of [
  ['@service', () => service(class {} as never, undefined as never)],
  ['@service', () => service()(class {} as never, undefined as never)],
  ['@api', () => api()({} as never, 'run' as never)],
  ['@onStartup', () => onStartup({} as never, 'open' as never)],
  ['@onShutdown', () => onShutdown({} as never, 'close' as never)],
  ['@model', () => model(modelRef('x'))({} as never, 'weights' as never)],
] as const) {
  test(`${name} that is called the old way says what to change: ${call}`, () => {
    assert.throws(call, {
      code: 'SERVICE_INVALID',
      message: new RegExp(
        `^${name} was called the way of old-style decorators; remove "experimentalDecorators" \\(.+\\)`,
      ),
    });
  });
}

test('a compiler that gives no metadata is told of', () => {
  const context = { ...(contextOf({ name: 'run' }, {}) as object), metadata: undefined };
  assert.throws(() => api()((() => {}) as never, context as never), {
    code: 'SERVICE_INVALID',
    message: /decorators got no metadata/,
  });
});

test('the compiler refuses body: true on a method with two parameters', () => {
  const metadata = metadataFor();
  const whole = api({ body: true });
  whole((text: string) => text, contextOf({ name: 'a' }, metadata));
  whole((text: string, context: Context) => text + context.request.path, contextOf({ name: 'b' }, metadata));
  // @ts-expect-error: the body is one value
  whole((text: string, count: number) => text.repeat(count), contextOf({ name: 'c' }, metadata));
});

test('the compiler holds a method to the schemas that its options give', () => {
  const context = contextOf({ name: 'a' }, metadataFor());
  const input = z.object({ at: z.string().transform((text) => new Date(text)) });
  const takesBody = api({ body: true, input });
  takesBody((body: { at: Date }) => body.at.getTime(), context);
  // @ts-expect-error: the method gets what the transform gives
  takesBody((body: { at: string }) => body.at, context);

  const gives = api({ output: z.object({ score: z.number() }) });
  gives(() => ({ score: 1 }), context);
  gives(async () => ({ score: 1 }), context);
  gives(async function* () {
    yield { score: 1 };
  }, context);
  // @ts-expect-error: the schema takes a number
  gives(() => ({ score: '1' }), context);
  // @ts-expect-error: the items, too
  gives(async function* () {
    yield 'x';
  }, context);

  // @ts-expect-error: the same in two ways
  api({ input, params: {} });
  // @ts-expect-error: a whole body has no parts with names
  api({ body: true, params: {} });
  // @ts-expect-error: no schema
  api({ output: 'string' });
  api({ output: { type: 'string' } })(() => 'x', context);
});
