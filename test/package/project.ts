/** A user's project outside the repository, with the commands that a user types in it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { urlIn } from '../bento.ts';

/** What a finished command left behind. */
interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server that a project started. */
interface Served extends AsyncDisposable {
  readonly url: string;
  /** What it said until it served. */
  readonly text: string;
  /** Stops it as Ctrl-C does; gives its exit code and all that it said. */
  stop(): Promise<{ readonly status: number | null; readonly text: string }>;
}

/** A folder with a package.json. */
export interface Project extends Disposable {
  readonly folder: string;
  write(name: string, text: string | object): void;
  /** Copies the files of a folder in `test/package` into a folder of the project. */
  copyFiles(from: string, to?: string): void;
  /** @throws Error with what npm said, if it fails. */
  install(...packages: readonly string[]): void;
  run(command: string, ...args: readonly string[]): Finished;
  /** Starts `npx bento serve …` or the like on a free port, and waits until it says that it serves. */
  serve(command: string, ...args: readonly string[]): Promise<Served>;
}

const root = process.env.PACKAGE_TEST_FOLDER;
if (root === undefined) throw new Error('these tests need a packed package; run: npm run test:package');
const workplace = root;

/** Where the packed package lies. */
export const tarball = join(workplace, 'bentots.tgz');

/** Makes a project, in a folder with a name as users have them; `path` are folders of programs that it finds first. */
export function createProject(name: string, ...path: readonly string[]): Project {
  const folder = join(workplace, 'Müller & Söhne', name);
  mkdirSync(folder, { recursive: true });
  const env = userEnvironment(path);
  const run = (command: string, ...args: readonly string[]): Finished =>
    spawnSync(command, args, { cwd: folder, env, encoding: 'utf8', timeout: 100_000 });
  return {
    folder,
    run,
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), typeof text === 'string' ? text : JSON.stringify(text, null, 2));
    },
    copyFiles: (from, to = '.') =>
      cpSync(fileURLToPath(new URL(from, import.meta.url)), join(folder, to), { recursive: true }),
    install(...packages) {
      const words = ['install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund', ...packages];
      const { status, stderr } = run('npm', ...words);
      if (status !== 0) throw new Error(`npm install ${packages.join(' ')} failed:\n${stderr}`);
    },
    // A group of its own: Ctrl-C goes to npx and to what npx started.
    serve: (command, ...args) => serve(spawn(command, [...args, '--port', '0'], { cwd: folder, env, detached: true })),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function serve(child: ChildProcess): Promise<Served> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  child.stdout?.resume();
  const ended = once(child, 'close').then(() => true); // when the workers have ended, too
  while (!text.includes('Ctrl-C')) {
    const isOver = await Promise.race([once(child.stderr as NodeJS.EventEmitter, 'data').then(() => false), ended]);
    if (isOver && !text.includes('Ctrl-C')) throw new Error(`bento serve ended with ${child.exitCode}:\n${text}`);
  }
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-Number(child.pid), name);
    } catch {
      // everyone of the group has ended
    }
  };
  return {
    url: urlIn(text),
    text,
    async stop() {
      signal('SIGINT');
      await ended;
      return { status: child.exitCode, text };
    },
    async [Symbol.asyncDispose]() {
      signal('SIGKILL');
      await ended;
    },
  };
}

// How to reach the registry is the machine's to say, also where `npm run` says it anew.
const ofTheMachine = /^npm_config_(registry|cache|userconfig|globalconfig|cafile|(https?_?|no)_?proxy)$/i;
const ofThisTest = /^(npm_.*|node|node_(test_context|options|env)|bentoml_.*|init_cwd|package_test_folder)$/i;

/** The environment without what `npm run` and this test have put into it. */
function userEnvironment(first: readonly string[]): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => ofTheMachine.test(name) || !ofThisTest.test(name));
  const rest = process.env.PATH?.split(delimiter).filter((part) => !part.includes('node_modules')) ?? [];
  const PATH = [...first, ...rest].join(delimiter);
  return { ...Object.fromEntries(kept), PATH, npm_config_update_notifier: 'false' };
}
