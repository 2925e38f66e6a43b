/** A home for stores in a folder of its own. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Bentos, type Models, openBentos, openModels } from 'bentots/models';

/** The stores of one test; the folder is removed at its end. */
export interface TestHome extends Disposable {
  readonly home: string;
  readonly models: Models;
  readonly bentos: Bentos;
  /** What was found and left out. */
  readonly warnings: string[];
  /** Writes a file by its path in the home. */
  write(path: string, text: string): void;
  /** What is below a folder of the home, with slashes; nothing if it is not there. */
  ls(folder?: string): string[];
}

/** Makes an empty home. */
export function createHome(): TestHome {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'bentots-home-')));
  const warnings: string[] = [];
  const options = { home, onWarning: (message: string) => void warnings.push(message) };
  return {
    home,
    warnings,
    models: openModels(options),
    bentos: openBentos(options),
    write(path, text) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    },
    ls(folder = '.') {
      try {
        const found = readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' });
        return found.map((path) => path.replaceAll('\\', '/')).sort();
      } catch {
        return [];
      }
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** The text of a `model.yaml`. */
export function modelYaml(name: string, version: string, createdAt = '2024-05-01T10:00:00.000000+00:00'): string {
  return `name: ${name}\nversion: '${version}'\nmodule: ''\nlabels: {}\noptions: {}\nmetadata: {}\ncontext: {}\nsignatures: {}\napi_version: v1\ncreation_time: '${createdAt}'\n`;
}
