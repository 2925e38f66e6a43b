/** Serves a folder with `reload`, with what happens at hand. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ServeOptions, type ServerHandle, serve } from 'bentots/serve';
import { createScratchFolder } from './scratch-folder.ts';

type ReloadEvent = Parameters<NonNullable<ServeOptions['onReload']>>[0];

/** A folder whose files a test saves. */
export interface Folder extends Disposable {
  readonly path: string;
  /** Writes a file in place, as simple editors do. */
  save(name: string, text: string): void;
}

/** Creates a project: the bentofile marks its folder as one. */
export function createFolder(files: Readonly<Record<string, string>>): Folder {
  const path = createScratchFolder('watched');
  const save = (name: string, text: string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  for (const [name, text] of Object.entries({ 'bentofile.yaml': '', ...files })) save(name, text);
  return { path, save, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A server that watches a folder. */
export interface Watched extends AsyncDisposable {
  readonly server: ServerHandle;
  readonly folder: Folder;
  /** The events from the one after the last that was waited for up to the first of a kind, past or to come. */
  until(kind: ReloadEvent['kind']): Promise<readonly ReloadEvent[]>;
  /** Waits for a reload and gives the names of the files that were its reason; more than one reason is a failure. */
  reloaded(): Promise<readonly string[]>;
  /** The error of the next failure. */
  failed(): Promise<Error>;
  /** What a method answers. */
  ask(path: string, body?: unknown): Promise<string>;
}

/** Serves `service.ts` of a new folder. */
export async function watchFolder(
  files: Readonly<Record<string, string>>,
  options: ServeOptions = {},
): Promise<Watched> {
  const folder = createFolder(files);
  const events: ReloadEvent[] = [];
  let seen = 0;
  let wake = Promise.withResolvers<void>();
  const onReload = (event: ReloadEvent) => {
    events.push(event);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const server = await serve(join(folder.path, 'service.ts'), {
    port: 0,
    reload: true,
    logTo: { write() {} },
    onReload,
    ...options,
  });
  const until: Watched['until'] = async (kind) => {
    for (;;) {
      const at = events.findIndex((event, index) => index >= seen && event.kind === kind);
      if (at >= 0) {
        const passed = events.slice(seen, at + 1);
        seen = at + 1;
        return passed;
      }
      await wake.promise;
    }
  };
  return {
    server,
    folder,
    until,
    async reloaded() {
      const passed = await until('reloaded');
      const [first, ...others] = passed.filter(({ kind }) => kind !== 'reloaded' && kind !== 'waiting');
      if (first?.kind !== 'changed' || others.length > 0) throw new Error(`not one reason: ${JSON.stringify(passed)}`);
      return first.files.map((file) => file.replace(`${folder.path}/`, '')).sort();
    },
    async failed() {
      const last = (await until('failed')).at(-1);
      return last?.kind === 'failed' ? (last.error as Error) : new Error('no failure');
    },
    async ask(path, body = {}) {
      const response = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
      return response.text();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}
