/** A service that says which version of its source answers, for tests that change the source while it runs. */

/** What a version does besides answering. */
interface VersionOptions {
  /** Path of a note to which every process writes `version pid` when it loads, and the start of its hook. */
  readonly note?: string;
  /** Path of a file without which the start-up hook does not end. */
  readonly gate?: string;
  /** More members of the class. */
  readonly more?: string;
}

/** The source of `Versioned` at a version. */
export function versionSource(version: string, { note, gate, more = '' }: VersionOptions = {}): string {
  return `import { appendFileSync, existsSync, watch } from 'node:fs';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { api, onStartup, service } from 'bentots';

const note = ${JSON.stringify(note)};
const gate: string | undefined = ${JSON.stringify(gate)};
const say = (words: string) => { if (note) appendFileSync(note, words + ' ${version} ' + process.pid + '\\n'); };
say('loaded');

@service()
export class Versioned {
  @onStartup async wait() {
    say('starting');
    if (gate === undefined) return;
    const watcher = watch(dirname(gate));
    while (!existsSync(gate)) await once(watcher, 'change');
    watcher.close();
  }

  @api() async version(): Promise<string> { return '${version}'; }

  @api() async pid(): Promise<number> { return process.pid; }

  @api() echo(text: string): string { return '${version} ' + text.length; }

  @api() async held(release: string): Promise<string> {
    say('held');
    const watcher = watch(dirname(release));
    while (!existsSync(release)) await once(watcher, 'change');
    watcher.close();
    return '${version}';
  }

  /** Gives its version, and again whenever there is one file more in the folder. */
  @api() async *lines(folder: string, count: number): AsyncIterable<string> {
    const watcher = watch(folder);
    for (let line = 1; line <= count; line++) {
      while (line > 1 && !existsSync(folder + '/' + line)) await once(watcher, 'change');
      yield '${version} ' + line + '\\n';
    }
    watcher.close();
  }
${more}}
`;
}
