/** A project to be built, outside of this one, with a store of its own. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bento, type Finished } from './bento.ts';
import { createHome, type TestHome } from './store/home.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** A project and a store, removed at the end of the test. */
export interface TestProject extends Disposable {
  readonly folder: string;
  readonly stores: TestHome;
  /** Writes a file by its path in the project. */
  write(path: string, text: string | Uint8Array): void;
  /** Runs the command in the project, with its store. */
  run(...args: readonly string[]): Promise<Finished>;
}

/** The smallest service, without types to be read: it builds in half of the time. */
export const plainHello = `import { defineService } from 'bentots';
export const Hello = defineService(class Hello { hello(name) { return 'Hello, ' + name + '!'; } }, {
  apis: { hello: { params: { name: { type: 'string' } }, output: { type: 'string' } } },
});
`;

/** The same with types. */
export const hello = `import { api, service } from 'bentots';
/** Greets. */
@service()
export class Hello {
  /** Says hello. */
  @api() hello(name: string): string { return \`Hello, \${name}!\`; }
}
`;

/** Writes files by their paths; bentots is installed beside them. */
export function createTestProject(files: Readonly<Record<string, string>> = {}): TestProject {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bentots project ')));
  const stores = createHome();
  const write = (path: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const isNamed = Object.keys(files).some((path) => /^service\./.test(path));
  const service = isNamed ? {} : { 'service.js': plainHello };
  const all = { 'package.json': '{ "name": "project", "type": "module" }', ...service, ...files };
  for (const [path, text] of Object.entries(all)) write(path, text);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules/bentots'), 'junction');
  return {
    folder,
    stores,
    write,
    async run(...args) {
      await using running = bento(args, { cwd: folder, env: { BENTOML_HOME: stores.home, TZ: 'UTC' } });
      return await running.finished;
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
      stores[Symbol.dispose]();
    },
  };
}
