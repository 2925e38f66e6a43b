/** What must hold for the packed package on every Node that it supports. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createProject, tarball } from './project.ts';

interface Surroundings {
  /** Major version. */
  readonly node: string;
  /** What the project brings beside the package. */
  readonly packages: readonly string[];
  /** Its tsconfig's `types`. */
  readonly types: readonly string[];
}

/** Tests what a user does with the packed package on one Node, in a project with a TypeScript of its own. */
export function testOnNode({ node, packages, types }: Surroundings): void {
  suite(`on Node ${node}, beside ${packages.join(' and ')}`, () => {
    const project = createProject(`shop ${node}`);
    before(() => {
      project.write('package.json', { name: 'shop', private: true, type: 'module' });
      project.write('tsconfig.json', {
        compilerOptions: {
          target: 'es2022',
          module: 'nodenext',
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          verbatimModuleSyntax: true,
          skipLibCheck: false,
          allowImportingTsExtensions: true,
          noEmit: true,
          types,
        },
        include: ['*.ts'],
      });
      project.copyFiles('project');
      project.install(`node@${node}`, ...packages, tarball);
    });
    after(() => project[Symbol.dispose]());

    /** Runs a file of this code with the project's Node; gives what it logs. */
    const evaluate = (kind: 'module' | 'commonjs', code: string) => {
      const file = kind === 'module' ? 'code.mjs' : 'code.cjs';
      project.write(file, code);
      const { stdout, stderr } = project.run('npx', 'node', file);
      assert.notEqual(stdout, '', stderr);
      return JSON.parse(stdout) as unknown;
    };
    const used = (url: string) =>
      evaluate('module', `import { use } from './client.ts'; console.log(JSON.stringify(await use('${url}')))`);
    const expected = {
      item: { id: 1, name: 'chair', tags: [`Node.js/${node}`] },
      numbers: [1, 2, 3],
      refusals: ['INVALID_INPUT', 'SOLD_OUT'],
    };

    test('npx bento serve answers with types, a default, a stream and errors, and ends with Ctrl-C', async () => {
      await using served = await project.serve('npx', 'bento', 'serve');
      const response = await fetch(`${served.url}/item`, { method: 'POST', body: '{"id": 0}' });
      const refusal = (await response.json()) as { code: string; detail: { loc: unknown; type: string }[] };
      assert.deepEqual([response.status, refusal.code], [400, 'INVALID_INPUT']);
      assert.deepEqual(
        refusal.detail.map(({ loc, type }) => [loc, type]),
        [[['id'], 'minimum']],
      );
      assert.deepEqual(used(served.url), expected);
      const { text } = await served.stop();
      assert.match(text, /stopping: requests under way may finish/);
    });

    test('npx bento schema prints what the types say', () => {
      const { status, stdout, stderr } = project.run('npx', 'bento', 'schema');
      assert.equal(status, 0, stderr);
      const spec = JSON.parse(stdout) as { name: string; apis: { name: string; kind: string }[] };
      assert.deepEqual(
        [spec.name, ...spec.apis.map(({ name, kind }) => `${name} ${kind}`)],
        ['Shop', 'buy unary', 'count stream', 'item unary'],
      );
    });

    test('a service in a CommonJS package is served as well', async () => {
      project.copyFiles('project', 'commonjs');
      project.write('commonjs/package.json', { name: 'shop-of-old', private: true });
      await using served = await project.serve('npx', 'bento', 'serve', 'commonjs');
      assert.deepEqual(used(served.url), expected);
    });

    test('a program serves by itself', () => {
      const code = `import { ask } from './program.ts'; console.log(JSON.stringify(await ask('/readyz')))`;
      assert.equal(evaluate('module', code), 200);
    });

    for (const [module, resolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      test(`service, client and program compile strictly with the project's TypeScript under ${resolution}`, () => {
        const { status, stdout } = project.run('npx', 'tsc', '--module', module, '--moduleResolution', resolution);
        assert.equal(status, 0, stdout);
      });
    }

    test('the doors open for require, too', () => {
      const doors = ['bentots', 'bentots/client', 'bentots/serve', 'bentots/testing', 'bentots/models'];
      const code = `console.log(JSON.stringify(${JSON.stringify(doors)}.map((door) => Object.keys(require(door)))))`;
      const names = evaluate('commonjs', code) as string[][];
      for (const [at, name] of ['ApiError', 'createClient', 'serve', 'startService', 'models'].entries()) {
        assert.ok(names[at]?.includes(name), `${doors[at]}: ${names[at]}`);
      }
    });

    test('what lies behind the doors is refused, for import and for require', () => {
      const refused = { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' };
      const log = 'console.log(JSON.stringify({ code: error.code }))';
      for (const path of ['bentots/dist/errors.js', 'bentots/dist/index.js', 'bentots/errors']) {
        assert.deepEqual(evaluate('module', `await import('${path}').catch((error) => ${log})`), refused);
        assert.deepEqual(evaluate('commonjs', `try { require('${path}') } catch (error) { ${log} }`), refused);
      }
    });

    if (packages.some((name) => name.startsWith('esbuild'))) {
      test('the client is bundled for browsers without anything of Node, and small', (t) => {
        project.write('page.ts', "export * from 'bentots/client';\n");
        const flags = ['--bundle', '--platform=browser', '--format=esm', '--minify', '--splitting', '--outdir=browser'];
        const { status, stderr } = project.run('npx', 'esbuild', 'page.ts', ...flags);
        assert.equal(status, 0, stderr);
        const [page, ...onUse] = readdirSync(join(project.folder, 'browser'))
          .sort((a, b) => Number(b === 'page.js') - Number(a === 'page.js'))
          .map((name) => readFileSync(join(project.folder, 'browser', name)));
        for (const piece of [page, ...onUse]) {
          assert.doesNotMatch(String(piece), /["']node:|\brequire\(|\bprocess\./);
        }
        const gzipped = gzipSync(page as Buffer, { level: 9 }).byteLength; // esbuild has written it
        t.diagnostic(`the client for browsers: ${page?.byteLength} bytes, ${gzipped} gzipped`);
        assert.ok(gzipped < 32_000, `${gzipped} bytes gzipped`); // 29_600 with tables, binary tensors, forms and streams both ways
        const code =
          "import('./browser/page.js').then((page) => console.log(JSON.stringify(typeof page.createClient)))";
        assert.equal(evaluate('module', code), 'function');
      });
    }

    if (node === '22') {
      test('on Node 20, bento says in one sentence what it needs', () => {
        using old = createProject('old');
        old.write('package.json', { private: true });
        old.install('node@20');
        const bin = join(project.folder, 'node_modules/.bin/bento');
        const { status, stdout, stderr } = old.run('npx', 'node', bin, 'serve');
        assert.deepEqual([status, stdout], [1, '']);
        const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm ')); // npx warns of its own
        assert.equal(said.length, 1, stderr);
        assert.match(
          String(said[0]),
          /^bento needs Node 22\.22 or newer, but this is 20\.\d+\.\d+; install a newer Node, or bring one with the project: npm install --save-dev node@24, then: npx bento$/,
        );
      });
    }
  });
}
