import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProject, methodsOf, problemsOf, serviceOf } from './reflect.fixture.ts';
import { reflect } from './reflect.ts';

// As the libraries declare them, in short.
const zod = {
  'node_modules/zod/package.json': '{ "name": "zod", "types": "index.d.ts" }',
  'node_modules/zod/index.d.ts': `
    export namespace z {
      interface Schema<I, O> { '~standard': { types?: { input: I; output: O } }; _in: I; _out: O; infer: O; inferIn: I }
      type infer<S extends Schema<any, any>> = S['_out'];
      type output<S extends Schema<any, any>> = S['_out'];
      type input<S extends Schema<any, any>> = S['_in'];
      function object<T>(shape: T): Schema<{ name: string }, { name: string; age: number }>;
    }
    export type InferOutput<S extends z.Schema<any, any>> = S['_out'];
    export const shared: z.Schema<string, string>;
  `,
};
const imports = `import { z, InferOutput, shared } from 'zod';\n`;

/** The parameter \`a\` of a method, and what is written of it. */
async function parameter(type: string, declarations: string, files: Readonly<Record<string, string>> = {}) {
  using project = createProject({
    ...zod,
    ...files,
    'service.ts': imports + serviceOf(`@api m(a: ${type}): void {}`, declarations),
  });
  const { module } = await reflect(project.path('service.ts'));
  const [method] = module.services[0]?.methods ?? [];
  const from = method?.parameters[0]?.from;
  const properties = method?.input.properties as Record<string, object> | undefined;
  return { from: from && { ...from, file: from.file.slice(project.folder.length + 1) }, schema: properties?.a };
}

const here = (gives: string, ...path: string[]) => ({ file: 'service.ts', path, gives });

for (const [type, declarations, from] of [
  ['z.infer<typeof X>', 'export const X = z.object({});', here('output', 'X')],
  ['z.output<typeof X>', 'export const X = z.object({});', here('output', 'X')],
  ['z.input<typeof X>', 'export const X = z.object({});', here('input', 'X')],
  ['InferOutput<typeof X>', 'export const X = z.object({});', here('output', 'X')],
  ['typeof X.infer', 'export const X = z.object({});', here('output', 'X')],
  ['typeof X.inferIn', 'export const X = z.object({});', here('input', 'X')],
  ['X', 'export const X = z.object({}); type X = z.infer<typeof X>;', here('output', 'X')],
  ['Y', 'export const X = z.object({}); type X = typeof X.infer; type Y = X;', here('output', 'X')],
  ['z.infer<typeof X>', 'const X = z.object({}); export { X as Other };', here('output', 'Other')],
  [
    'z.infer<typeof X.inner.deep>',
    'export const X = { inner: { deep: z.object({}) } };',
    here('output', 'X', 'inner', 'deep'),
  ],
  [
    'z.infer<typeof X.short>',
    'const short = z.object({}); export const X = { short } as const;',
    here('output', 'X', 'short'),
  ],
] as const) {
  test(`the schema behind ${type} is found: ${declarations}`, async () => {
    assert.deepEqual(await parameter(type, declarations), { from, schema: {} });
  });
}

test('a schema of another file is found there, whatever it is called here', async () => {
  const files = {
    'people.ts': `${imports}export const Person = z.object({});\nexport type Person = z.infer<typeof Person>;\nexport default z.object({});\n`,
    'door.ts': `export { Person as Renamed } from './people.ts';\nexport * as people from './people.ts';\n`,
  };
  for (const [type, path] of [
    ['Person', ['Person']],
    ['z.infer<typeof Renamed>', ['Person']],
    ['z.infer<typeof people.Person>', ['Person']],
    ['z.infer<typeof main>', ['default']],
  ] as const) {
    const more = `import main, { type Person } from './people.ts';\nimport { Renamed, people } from './door.ts';`;
    const { from } = await parameter(type, more, files);
    assert.deepEqual(from, { file: 'people.ts', path, gives: 'output' }, type);
  }
});

test('a parameter that may be left out, and the comment of one, stay what they are', async () => {
  const source = serviceOf(
    '/** @param a The name. */ @api m(a?: z.infer<typeof X>): void {}',
    'export const X = z.object({});',
  );
  const { m } = await methodsOf(imports + source, zod);
  assert.deepEqual([m?.parameters[0]?.isRequired, m?.input.properties], [false, { a: { description: 'The name.' } }]);
});

test('a result is what the type says', async () => {
  const source = serviceOf('@api m(): z.infer<typeof X> { return { name: "", age: 1 } }', 'const X = z.object({});');
  const { m } = await methodsOf(imports + source, zod);
  assert.equal(m?.output.type, 'object');
});

test('a type that has nothing to do with a schema is read as ever', async () => {
  const declarations = 'export const X = { _out: "" }; type output<S> = S extends { _out: infer O } ? O : never;';
  const { from, schema } = await parameter('output<typeof X>', declarations);
  assert.deepEqual([from, schema], [undefined, { type: 'string' }]);
});

for (const [what, type, declarations] of [
  ['is not exported', 'z.infer<typeof X>', 'const X = z.object({});'],
  ['belongs to a package', 'z.infer<typeof shared>', ''],
  [
    'is made inside of a function',
    'ReturnType<typeof make>',
    'function make() { const X = z.object({}); return null as unknown as z.infer<typeof X>; }',
  ],
] as const) {
  test(`a schema that ${what} is refused with what to do, or read as its type`, async () => {
    const problems = await problemsOf(imports + serviceOf(`@api m(a: ${type}): void {}`, declarations), zod);
    const name = /typeof (\w+)>/.exec(type)?.[1];
    const refused = `service.ts:4:8: parameter "a" of S.m has a type that is inferred from ${name}, which the server cannot import to check with it; export it where you declare it: export const ${name} = …, or give it with the method: @api({ params: { a: ${name} } })`;
    assert.deepEqual(problems, type.startsWith('z.') ? [refused] : []);
  });
}

test('inside of another type the schema would be lost, so that it is refused', async () => {
  const problems = await problemsOf(
    imports + serviceOf('@api m(a: z.infer<typeof X>[]): void {}', 'export const X = z.object({});'),
    zod,
  );
  assert.deepEqual(problems, [
    'service.ts:4:8: parameter "a[]" of S.m has the type "z.infer<typeof X>", which is inferred from X, but inside of another type, where what X checks would be lost; infer the type of the whole parameter from one schema, or write out this type',
  ]);
});

const described: readonly (readonly [options: string, method: string])[] = [
  ['{ params: { a: X } }', 'm(a: Date, b: string): void {}'],
  ['{ params: { a: X } }', 'm(a, b: string): void {}'],
  ['{ input: X }', 'm(a: Date, b: Map<string, Date>): void {}'],
  ['{ input: X, body: true }', 'm({ a, b }: { a: Date; b: symbol }): void {}'],
  ['{ output: X }', 'm(): Date { return new Date() }'],
  ['{ output: X }', 'async *m() { yield JSON.parse("1") }'],
  ['options', 'm(a: Date): void {}'],
];
for (const [options, method] of described) {
  test(`what a schema describes may be of any type: @api(${options}) ${method}`, async () => {
    const source = serviceOf(`@api(${options}) ${method}`, 'const options = { params: { a: X } } as const;');
    assert.deepEqual(await problemsOf(`import { z } from 'zod';\nconst X = z.object({});\n${source}`, zod), []);
  });
}

test('a limit in the comment of a parameter that a schema describes would be lost, so that it is refused', async () => {
  const source = serviceOf(
    '/** @param a @minimum 1 */ @api({ params: { a: X } }) m(a: number): void {}',
    'const X = {};',
  );
  assert.deepEqual(await problemsOf(source), [
    'service.ts:3:14: parameter "a" of S.m: @minimum stands beside a schema, which goes first; say it in the schema',
  ]);
  const result = serviceOf(
    '/** @returns It. @minimum 1 */ @api({ output: X }) m(): number { return 1 }',
    'const X = {};',
  );
  assert.match((await problemsOf(result)).join(), /result of S\.m: @minimum stands beside a schema/);
});
