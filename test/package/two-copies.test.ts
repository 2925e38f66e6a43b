/** Two installed versions of bentots: which of them runs a command, and how they get on in one process. */
import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createProject, type Project, tarball } from './project.ts';
import { repack } from './repack.ts';

const otherVersion = '9.1.0';
const otherSpec = '9.2.0';

suite('two copies of bentots', () => {
  let archives: Readonly<Record<string, string>> = {};
  const globally = createProject('globally', dirname(process.execPath));
  const programs = [join(globally.folder, 'bin'), dirname(process.execPath)];
  const globalCopy = join(globally.folder, 'lib/node_modules/bentots');
  const projects: Project[] = [globally];

  before(() => {
    const spec2 = { file: 'dist/spec/decorated.js', from: 'bentots.spec/1', to: 'bentots.spec/2' };
    archives = { [otherVersion]: repack(otherVersion), [otherSpec]: repack(otherSpec, spec2) };
    globally.install('--global', '--prefix', globally.folder, tarball);
  });
  after(() => {
    for (const project of projects) project[Symbol.dispose]();
  });

  /** A project with a version of bentots installed, whose user types `bento` and gets the global one. */
  const create = (name: string, version?: string): Project => {
    const project = createProject(name, ...programs);
    projects.push(project);
    project.write('package.json', { name: 'project', private: true, type: 'module' });
    const archive = version === undefined ? undefined : archives[version];
    if (archive !== undefined) project.install(archive);
    return project;
  };
  const copyIn = (project: Project, folder = '.') => join(project.folder, folder, 'node_modules/bentots');

  /** Status and text of an answer. */
  const post = async (url: string, body = '{}') => {
    const response = await fetch(url, { method: 'POST', body });
    return [response.status, await response.text()] as const;
  };
  const soldOut = JSON.stringify({ error: 'sold out', code: 'SOLD_OUT', detail: [] });

  for (const version of [otherVersion, otherSpec]) {
    test(`the global bento has the project's bentots ${version} serve, and Ctrl-C stops that`, async () => {
      const project = create(`with ${version}`, version);
      project.copyFiles('project');
      await using served = await project.serve('bento', 'serve', '--verbose');
      assert.ok(
        served.text.includes(`in ${globalCopy} hands over to bentots ${version} in ${copyIn(project)}, which `),
        served.text,
      );
      assert.equal((await post(`${served.url}/buy`, '{"item":{"id":1,"name":"chair"}}'))[0], 409);
      const { status, text } = await served.stop();
      assert.equal(status, 0);
      assert.match(text, /stopping: requests under way may finish/);
    });
  }

  test('the command that was called says its own version, and passes on how the other one ended', () => {
    const project = create('versions', otherVersion);
    project.copyFiles('project');
    assert.notEqual(project.run('bento', '--version').stdout.trim(), otherVersion);
    const { status, stderr } = project.run('bento', 'schema', 'service.ts:Nobody');
    assert.equal(status, 1);
    assert.match(stderr, /^bento: no service found in .*service\.ts; it has Shop, not Nobody\n$/);
    assert.equal(project.run('bento', 'serve', '--port', 'many').status, 2);
  });

  test('a bentots that is linked into the project is the copy that it leads to', async () => {
    const project = create('linked');
    project.copyFiles('project');
    project.write('node_modules/.keep', '');
    symlinkSync(globalCopy, copyIn(project), 'junction'); // as `npm link` does
    await using served = await project.serve('bento', 'serve', '--verbose');
    assert.match(served.text, / runs this\n/);
    assert.doesNotMatch(served.text, /hands over/);
    assert.equal((await post(`${served.url}/item`, '{"id":1}'))[0], 200);
  });

  test('a project without bentots hears that it has to install it', () => {
    const project = create('without');
    project.copyFiles('project');
    const { status, stderr } = project.run('bento', 'serve', '--port', '0');
    assert.equal(status, 1);
    assert.match(stderr, /Cannot find package 'bentots' imported from .*; install it there: npm install bentots\n/);
  });

  suite('in a workspace whose packages have each their own', () => {
    let project: Project;
    before(() => {
      project = create('workspace');
      project.copyFiles('workspace');
      for (const [name, archive] of [
        ['shop', archives[otherVersion]],
        ['library', tarball],
      ] as const) {
        project.write(`${name}/package.json`, { name, private: true, type: 'module' });
        project.install('--prefix', join(project.folder, name), String(archive));
      }
    });

    test("models, hooks, contexts, values and errors of a base class work in the service's worker", async () => {
      await using served = await project.serve('bento', 'serve', '--verbose', 'shop');
      assert.match(served.text, new RegExp(`hands over to bentots ${otherVersion} `));
      assert.deepEqual(await post(`${served.url}/where`), [200, join(project.folder, 'shop/weights')]);
      assert.deepEqual(await post(`${served.url}/path`), [200, '/path']);
      assert.deepEqual(await post(`${served.url}/scale`, '{"values":[1,2],"by":3}'), [200, '[3,6]']);
      assert.equal((await post(`${served.url}/scale`, '{"values":[1],"by":0}'))[0], 400);
      assert.deepEqual(await post(`${served.url}/buy`), [409, soldOut]);
      assert.deepEqual(await post(`${served.url}/isApiError`), [200, 'true']);
    });

    test('two versions of the spec are one error that names both copies', () => {
      rmSync(copyIn(project, 'library'), { recursive: true });
      project.install('--prefix', join(project.folder, 'library'), String(archives[otherSpec]));
      const { status, stderr } = project.run('bento', 'serve', '--port', '0', 'shop');
      assert.equal(status, 1);
      assert.equal(
        stderr,
        `bento: Shop is decorated by bentots ${otherSpec} in ${copyIn(project, 'library')}, whose decorators write spec 2, not spec 1; ` +
          `this is bentots ${otherVersion} in ${copyIn(project, 'shop')}; make it one version: npm ls bentots says who brings which\n`,
      );
    });

    test('a program that serves a service of another version hears the same', () => {
      project.write(
        'shop/program.ts',
        `import { serve } from 'bentots/serve';\n` +
          `await serve('../other/service.ts', { port: 0 }).catch((error) => console.log(error.code, error.message));\n`,
      );
      project.write('other/package.json', { name: 'other', private: true, type: 'module' });
      project.install('--prefix', join(project.folder, 'other'), String(archives[otherSpec]));
      project.copyFiles('project', 'other');
      const { stdout, stderr } = project.run('sh', '-c', 'cd shop && node program.ts');
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`^COPY_MISMATCH Shop is decorated by bentots ${otherSpec} in `));
    });
  });
});
