/** A folder with an author's project in it, for the tests of reflection. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { reflect } from './reflect.ts';

const vocabulary = {
  'node_modules/bentots/package.json': '{ "name": "bentots", "type": "module", "types": "./index.d.ts" }',
  'node_modules/bentots/index.d.ts': `
    export interface Context { readonly path: string; log(message: string): void }
    export declare function service(options: object): (value: Function, context: ClassDecoratorContext) => void;
    export declare function service(value: Function, context: ClassDecoratorContext): void;
    export interface ApiOptions {
      readonly route?: string; readonly body?: boolean | undefined;
      readonly input?: object; readonly output?: object; readonly params?: { readonly [name: string]: object };
    }
    export declare function api(options: ApiOptions): (value: Function, context: ClassMethodDecoratorContext) => void;
    export declare function api(value: Function, context: ClassMethodDecoratorContext): void;
    export declare class Tensor<T extends string, S extends readonly (number | string)[] = readonly (number | string)[]> {
      readonly dtype: T;
      readonly shape: S;
      at(): number;
    }
    export declare class Table<Row extends object = { readonly [name: string]: unknown }> {
      readonly columns: { readonly [Name in keyof Row]-?: readonly Row[Name][] };
      rows(): Row[];
    }
    export declare class ImageFile {
      readonly bytes: Uint8Array;
      size(): Promise<object>;
    }
    export declare class ServerEvent<T> {
      readonly data: T;
    }
    export declare class ItemError {
      readonly error: unknown;
    }
    export interface ItemChunk<T> {
      readonly item: number;
      readonly chunk?: T | undefined;
    }
    export interface BatchContext {
      readonly signal: unknown;
    }
    export * from './constraints.js';
  `,
  'node_modules/bentots/constraints.d.ts': readFileSync(new URL('../sdk/constraints.ts', import.meta.url), 'utf8'),
  'package.json': '{ "name": "project", "type": "module" }',
  'tsconfig.json': '{ "compilerOptions": { "lib": ["esnext"], "types": [] } }',
};

/** An author's project on disk; removed at the end of the block. */
export interface Project extends Disposable {
  readonly folder: string;
  path(name: string): string;
  write(name: string, text: string): string;
}

/** Makes a project with the vocabulary of bentots installed. */
export function createProject(files: Readonly<Record<string, string>>): Project {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bentots-reflect-')));
  const path = (name: string) => join(folder, name);
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
    return path(name);
  };
  for (const [name, text] of Object.entries({ ...vocabulary, ...files })) write(name, text);
  return { folder, path, write, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

const types = [
  'BatchContext',
  'Context',
  'ImageFile',
  'ItemChunk',
  'ItemError',
  'ServerEvent',
  'Table',
  'Tensor',
  ...['Above', 'Below', 'Format', 'Int', 'Max', 'MaxItems', 'MaxLength', 'Min', 'MinItems', 'MinLength', 'MultipleOf'],
  ...['Pattern', 'UniqueItems'],
]
  .map((name) => `type ${name}`)
  .join(', ');

/** A source file with one service, `S`, that has the given members. */
export function serviceOf(members: string, declarations = ''): string {
  return `import { api, service, ${types} } from 'bentots';\n@service export class S {\n${members}\n}\n${declarations}\n`;
}

/** Reflects a source as `service.ts` of a fresh project; gives the methods of its first service by name. */
export async function methodsOf(source: string, files: Readonly<Record<string, string>> = {}) {
  using project = createProject({ ...files, 'service.ts': source });
  const { module } = await reflect(project.path('service.ts'));
  return Object.fromEntries((module.services[0]?.methods ?? []).map((method) => [method.name, method]));
}

/** What is wrong with a source, one line for each problem, without the code and with paths relative to the project. */
export async function problemsOf(source: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const problems = (await complaintOf(source, files)).split('\n\n').map((problem) => problem.split('\n')[0] ?? '');
  return problems.filter((line) => line !== '');
}

/** What is said of a source, with paths relative to the project; empty where nothing is wrong. */
export async function complaintOf(source: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  using project = createProject({ ...files, 'service.ts': source });
  try {
    await reflect(project.path('service.ts'));
    return '';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replaceAll(`${project.folder}/`, '');
  }
}
