import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bento } from './bento.ts';
import { start } from './start.ts';
import { writeFiles } from './write-service.ts';

const esm = `import { defineService, localFolder } from 'bentots';
import { z } from 'zod';

export const Greeter = defineService(
  class Greeter {
    isLoaded = false;
    load() { this.isLoaded = typeof this.folder === 'string'; }
    greet(name, times) { return \`Hello, \${name}! \`.repeat(times).trim(); }
    async *count(from, context) { for (let now = from; now > 0; now--) yield \`\${now}\${context.request.path}\`; }
    total({ values }) { return values.reduce((sum, value) => sum + value, 0); }
    loaded() { return this.isLoaded; }
  },
  {
    models: { folder: localFolder('.') },
    onStartup: ['load'],
    apis: {
      greet: { params: { name: z.string(), times: z.int().max(3).default(1) }, output: z.string() },
      count: { params: { from: z.int() }, output: z.string() },
      total: { body: true, input: z.object({ values: z.array(z.number()) }) },
      loaded: { params: {} },
    },
  },
);
`;
const commonJs = `const { defineService } = require('bentots');
const { z } = require('zod');
class Greeter {
  greet(name) { return \`Hello, \${name}!\`; }
}
`;
const apis = '{ apis: { greet: { params: { name: z.string() }, output: z.string() } } }';
const asCommonJs = { 'package.json': '{ "type": "commonjs" }' };

for (const name of ['service.js', 'service.mjs']) {
  test(`${name} is served with nothing but its schemas`, async () => {
    using written = writeFiles({ [name]: esm });
    await using started = await start(written.file);
    const answer = async (path: string, body: unknown) => (await started.post(path, body)).text();
    assert.equal(await answer('/greet', { name: 'Ada', times: 2 }), 'Hello, Ada! Hello, Ada!');
    assert.equal(await answer('/greet', { name: 'Ada' }), 'Hello, Ada!');
    assert.match(await answer('/greet', { name: 'Ada', times: 4 }), /times must be at most 3, but is 4/);
    assert.equal(await answer('/count', { from: 2 }), '2/count1/count');
    assert.equal(await answer('/total', { values: [1, 2] }), '3');
    assert.equal(await answer('/loaded', {}), 'true');
  });
}

for (const [what, files] of [
  ['a .cjs file', { 'service.cjs': `${commonJs}exports.Greeter = defineService(Greeter, ${apis});\n` }],
  [
    'a .js file of a CommonJS package',
    { 'service.js': `${commonJs}module.exports = { Greeter: defineService(Greeter, ${apis}) };\n`, ...asCommonJs },
  ],
  [
    'a service that is all that its module exports',
    { 'service.js': `${commonJs}module.exports = defineService(Greeter, ${apis});\n`, ...asCommonJs },
  ],
  [
    'exports that only running shows',
    {
      'service.js': `${commonJs}Object.assign(exports, { Greeter: defineService(Greeter, ${apis}) });\n`,
      ...asCommonJs,
    },
  ],
] as const) {
  test(`CommonJS is served: ${what}`, async () => {
    using written = writeFiles(files);
    await using started = await start(written.file);
    assert.equal(await (await started.post('/greet', { name: 'Ada' })).text(), 'Hello, Ada!');
    assert.ok(['Greeter', 'default'].includes(started.server.spec.exportName), started.server.spec.exportName);
  });
}

for (const [what, files] of [
  [
    'a .ts file of a CommonJS package',
    {
      'service.ts': `import { basename } from 'node:path';
import { api, service } from 'bentots';
import { z } from 'zod';
import { hello } from './helper';
export const Name = z.string().min(2);
@service() export class Greeter {
  @api() greet(name: z.infer<typeof Name>): string { return hello(name) + (basename(__filename) === 'service.ts' ? '!' : '?'); }
}
`,
      'helper.ts': `export const hello = (name: string) => \`\${require('node:util').format('Hello, %s', name)}\`;\n`,
      ...asCommonJs,
    },
  ],
  [
    'a .cts file',
    {
      'service.cts': `import bentots = require('bentots');
@bentots.service() class Greeter {
  @bentots.api() greet(name: string): string { return \`Hello, \${name}!\`; }
}
export = { Greeter };
`,
    },
  ],
  [
    'a project whose other framework wants old-style decorators',
    {
      'service.ts': `import { service } from 'bentots';
import { Base } from './base';
@service() export class Greeter extends Base {}
`,
      'base.ts': `import { api } from 'bentots';
export class Base {
  @api() greet(name: string): string { return \`Hello, \${name}!\`; }
}
`,
      'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, "module": "commonjs" } }',
      ...asCommonJs,
    },
  ],
] as const) {
  test(`TypeScript is served as CommonJS: ${what}`, async () => {
    using written = writeFiles(files);
    await using started = await start(written.file);
    assert.equal(await (await started.post('/greet', { name: 'Ada' })).text(), 'Hello, Ada!');
    assert.equal((await started.post('/greet', { name: 1 })).status, 400);
  });
}

const define = (definition: string) =>
  `import { defineService } from 'bentots';\nexport const S = defineService(class S { m(a, b) { return a; } }, { apis: { m: ${definition} } });\n`;
const wrong: readonly (readonly [what: string, source: string, message: RegExp])[] = [
  [
    'without schemas',
    define('{}'),
    /^S\.m is plain JavaScript, which has no types; describe its parameters in order with params: \{ … \}, params: \{\} if it takes none$/,
  ],
  [
    'with fewer schemas than parameters',
    define('{ params: {} }'),
    /^S\.m has 2 parameters, but its params are none; describe all of them in order$/,
  ],
  [
    'with one schema for several parameters',
    define("{ input: { type: 'object', properties: { a: {}, b: {} } } }"),
    /^S\.m has an input, but plain JavaScript does not say what its parameters are called/,
  ],
];

for (const [what, source, message] of wrong) {
  test(`plain JavaScript ${what} is refused with what to do`, async () => {
    using written = writeFiles({ 'service.mjs': source });
    await assert.rejects(start(written.file), { code: 'SERVICE_INVALID', message });
  });
}

test('bento schema prints a service of plain JavaScript', async () => {
  using written = writeFiles({ 'service.mjs': esm });
  await using command = bento(['schema', written.file]);
  const { end, stdout, stderr } = await command.finished;
  assert.deepEqual([end, stderr], [0, '']);
  const spec = JSON.parse(stdout) as { apis: { name: string; parameters: object[] }[] };
  assert.deepEqual(spec.apis.find(({ name }) => name === 'greet')?.parameters, [
    { name: 'name', isRequired: true },
    { name: 'times', isRequired: false },
  ]);
});
