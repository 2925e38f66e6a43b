import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecoratedApi, DecoratedSchemas, DecoratedService } from './decorated.ts';
import { joinSpec } from './join.ts';
import type { ReflectedMethod, ReflectedModule } from './reflected.ts';

const source = { file: '/project/service.ts', line: 1, column: 1 };

const method = (name: string, more: Partial<ReflectedMethod> = {}): ReflectedMethod => ({
  name,
  kind: 'unary',
  isAsync: true,
  takesBody: false,
  parameters: [{ name: 'text', isRequired: true }],
  takesContext: false,
  input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  output: { type: 'string' },
  source,
  ...more,
});

const apiOf = (name: string, options = {}, schemas: DecoratedSchemas = {}): DecoratedApi => ({
  name,
  options,
  schemas,
  shape: { kind: 'unary', isAsync: true, parameterCount: 0 },
});

const reflected = (methods: readonly ReflectedMethod[], more = {}): ReflectedModule => ({
  file: '/project/service.ts',
  services: [{ className: 'Demo', exportName: 'Demo', methods, source, ...more }],
  warnings: [],
});

const decorated = (more: Partial<DecoratedService> = {}): DecoratedService => ({
  className: 'Demo',
  exportName: 'Demo',
  options: {},
  apis: [apiOf('run')],
  models: [],
  startupHooks: [],
  shutdownHooks: [],
  aliveHooks: [],
  readyHooks: [],
  arguments: [],
  deploymentHooks: [],
  ...more,
});

test('decorators and types together are the spec, with every setting filled in', () => {
  const spec = joinSpec(decorated({ options: { workers: 2 } }), reflected([method('run')]));
  assert.deepEqual(spec, {
    name: 'Demo',
    exportName: 'Demo',
    source,
    settings: {
      workers: 2,
      startTimeoutMs: 600_000,
      probePeriodMs: 5000,
      probeTimeoutMs: 1000,
      traffic: { timeoutMs: 60_000, abortGraceMs: 30_000, maxQueue: 1000 },
      recycle: {},
      metrics: {
        enabled: true,
        namespace: 'bentoml_service',
        durationBuckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180],
      },
      http: { response: { traceId: false } },
      logging: {
        access: {
          enabled: true,
          requestContentType: true,
          requestContentLength: true,
          responseContentType: true,
          responseContentLength: true,
          skipPaths: ['/metrics', '/healthz', '/livez', '/readyz'],
        },
      },
    },
    apis: [
      {
        kind: 'unary',
        name: 'run',
        route: '/run',
        body: 'fields',
        parameters: [{ name: 'text', isRequired: true }],
        input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
        output: { schema: { type: 'string' } },
        takesContext: false,
        isBlocking: false,
        slots: 16,
        source,
      },
    ],
    models: [],
    arguments: [],
    deploymentHooks: [],
  });
});

test('the name that the author gives goes before the name of the class', () => {
  assert.equal(joinSpec(decorated({ options: { name: 'demo-1' } }), reflected([method('run')])).name, 'demo-1');
});

test('a class whose name cannot stand in a header has to be given a name', () => {
  assert.throws(
    () => joinSpec(decorated({ className: '服务' }), reflected([method('run')], { className: '服务' })),
    /服务/,
  );
  const named = decorated({ className: '服务', options: { name: 'service' } });
  assert.equal(joinSpec(named, reflected([method('run')], { className: '服务' })).name, 'service');
});

test('a method whose name cannot stand in a path has to be given a route', () => {
  for (const name of ['größe', 'a b', 'a?b', '$run']) {
    const apis = [apiOf(name)];
    assert.throws(() => joinSpec(decorated({ apis }), reflected([method(name)])), /route/, name);
  }
});

for (const [isAsync, slots] of [
  [true, 16],
  [false, 1],
] as const) {
  test(`a method that is ${isAsync ? '' : 'not '}async has ${slots} slots unless it asks for others`, () => {
    const methods = reflected([method('run', { isAsync })]);
    const asked = decorated({ apis: [apiOf('run', { slots: 3 })] });
    assert.deepEqual(
      [joinSpec(decorated(), methods).apis[0]?.slots, joinSpec(asked, methods).apis[0]?.slots],
      [slots, 3],
    );
  });
}

test('a stream of a plain generator does not keep its worker from other methods while its reader is slow', () => {
  const methods = reflected([method('run', { kind: 'stream', isAsync: false })]);
  assert.equal(joinSpec(decorated(), methods).apis[0]?.isBlocking, false);
});

test('a route that is given is taken', () => {
  const apis = [apiOf('run', { route: '/v1/run' })];
  assert.equal(joinSpec(decorated({ apis }), reflected([method('run')])).apis[0]?.route, '/v1/run');
});

test('what the JSDoc says is in the spec, and nothing where it says nothing', () => {
  const methods = [method('run', { description: 'Runs.', isDeprecated: true })];
  const spec = joinSpec(decorated(), reflected(methods, { description: 'A demo.' }));
  assert.deepEqual(
    [spec.description, spec.apis[0]?.description, spec.apis[0]?.isDeprecated],
    ['A demo.', 'Runs.', true],
  );
  const bare = joinSpec(decorated(), reflected([method('run')]));
  assert.deepEqual(['description' in bare, 'description' in (bare.apis[0] ?? {})], [false, false]);
});

test('types are found by export first, then by class', () => {
  const other = { className: 'Other', exportName: 'Demo', methods: [method('run')], source };
  const module = { ...reflected([]), services: [...reflected([]).services, other] };
  const byClass = { ...reflected([method('run')], { exportName: undefined }) };
  assert.equal(joinSpec(decorated({ exportName: 'default' }), byClass).exportName, 'default');
  assert.throws(() => joinSpec(decorated(), module), { code: 'SERVICE_INVALID' }); // the first with that export has no method
});

test('a class whose types are elsewhere is refused with what to do', () => {
  assert.throws(() => joinSpec(decorated({ className: 'Gone', exportName: 'Gone' }), reflected([])), {
    code: 'SERVICE_INVALID',
    message:
      'the types of Gone are not in /project/service.ts; write the class in the file that is served, with @service() and @api()',
  });
});

test('a method whose types are not found is refused and named', () => {
  assert.throws(() => joinSpec(decorated(), reflected([method('other')])), {
    code: 'SERVICE_INVALID',
    message: /^the types of Demo\.run were not found/,
  });
});

test('a method with types but without @api is not in the spec', () => {
  const spec = joinSpec(decorated(), reflected([method('other'), method('run')]));
  assert.deepEqual(
    spec.apis.map(({ name }) => name),
    ['run'],
  );
});

test('wrong options are refused, naming the class and the method', () => {
  assert.throws(() => joinSpec(decorated({ options: { worker: 1 } }), reflected([method('run')])), {
    message: '@service of Demo: there is no option "worker"; did you mean "workers"?',
  });
  const apis = [apiOf('run', { slots: 0 })];
  assert.throws(() => joinSpec(decorated({ apis }), reflected([method('run')])), {
    message: /^@api of Demo\.run: slots is 0/,
  });
});

test('the spec is frozen all the way down', () => {
  const models = [{ field: 'weights', info: { kind: 'localFolder', path: '.', more: { deep: [1] } } }];
  const spec = joinSpec(decorated({ models }), reflected([method('run')]));
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value), JSON.stringify(value));
    Object.values(value).forEach(walk);
  };
  walk(spec);
});

test('the spec can cross a process border', () => {
  const spec = joinSpec(decorated(), reflected([method('run')]));
  assert.deepEqual(structuredClone(spec), spec);
  assert.deepEqual(JSON.parse(JSON.stringify(spec)), spec);
});

for (const [body, input] of [
  ['json', { type: 'object' }],
  ['json', { type: ['string', 'null'] }],
  ['json', { type: 'string', format: 'date-time', 'x-io-type': 'date' }],
  ['text', { type: 'string', maxLength: 3 }],
  ['bytes', { type: 'string', contentEncoding: 'base64', 'x-io-type': 'bytes' }],
] as const) {
  test(`a whole body of ${JSON.stringify(input)} is read as ${body}`, () => {
    const apis = [apiOf('run', { body: true })];
    const spec = joinSpec(decorated({ apis }), reflected([method('run', { takesBody: true, input })]));
    assert.deepEqual([spec.apis[0]?.body, spec.apis[0]?.input], [body, input]);
  });
}

test('options that say something else than their type are refused', () => {
  const apis = [apiOf('run', { body: true })];
  assert.throws(() => joinSpec(decorated({ apis }), reflected([method('run')])), {
    code: 'SERVICE_INVALID',
    message:
      'Demo.run has body: true, but the type of its options says false; write them in place: @api({ body: true })',
  });
});
