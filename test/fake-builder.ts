/** Programs that stand in for docker and its like: they write down how they were called, and do as they are told. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** One call of such a program. */
export interface BuilderCall {
  readonly program: string;
  readonly words: readonly string[];
  /** The Dockerfile of a build. */
  readonly dockerfile?: string;
  /** What was in the files with secrets, and who may read them. */
  readonly secrets?: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
  readonly variables: Readonly<Record<string, string>>;
  /** The signal that it was sent. */
  readonly signal?: string;
}

/** A folder with programs of these names, removed at the end of the test. */
export interface FakeBuilders extends Disposable {
  /** With nothing else on the PATH but Node. */
  readonly environment: Record<string, string>;
  calls(): readonly BuilderCall[];
}

/**
 * @param does by program and first word, for example `{ 'docker push': 'fail' }`: what is none of it goes well. `hang` waits
 *   to be ended; `deny` and `dead` say what docker says without permission and without a daemon.
 */
export function createFakeBuilders(
  names: readonly string[],
  does: Readonly<Record<string, 'fail' | 'hang' | 'deny' | 'dead' | 'fail-second'>> = {},
): FakeBuilders {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-builders-'));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  const source = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const words = process.argv.slice(2);
const program = process.argv[1].split('/').at(-1);
const valueOf = (name) => words.find((word) => word.startsWith('--' + name + '='))?.slice(name.length + 3);
const { DOCKER_BUILDKIT, BUILDAH_FORMAT, EXTRA } = process.env;
const call = { program, words, variables: { DOCKER_BUILDKIT, BUILDAH_FORMAT, EXTRA } };
const file = valueOf('file');
if (file) call.dockerfile = readFileSync(file, 'utf8');
for (const word of words) {
  const [, name, path] = /^--secret=id=(.*),type=file,src=(.*)$/.exec(word) ?? [];
  if (name) (call.secrets ??= {})[name] = { text: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777 };
}
const tell = (more) => appendFileSync(${JSON.stringify(log)}, JSON.stringify({ ...call, ...more }) + '\\n');
tell({});
const does = ${JSON.stringify(does)};
const key = program + ' ' + words[0];
const count = readFileSync(${JSON.stringify(log)}, 'utf8').split('\\n').filter((line) => line.includes(JSON.stringify(words[0]))).length;
const todo = does[key];
if (todo === 'fail' || (todo === 'fail-second' && count > 1)) {
  console.error('step 3/9\\nno space left on device');
  process.exit(7);
}
if (todo === 'deny') { console.error('permission denied while trying to connect'); process.exit(1); }
if (todo === 'dead') { console.error('Cannot connect to the Docker daemon'); process.exit(1); }
if (todo === 'hang') {
  process.on('SIGINT', () => { tell({ signal: 'SIGINT' }); process.exit(130); });
  setInterval(() => {}, 1000);
  console.error('this will take a while');
} else {
  if (words[0] === 'version') console.log('20.10.24 20.10.24');
  if (valueOf('iidfile')) writeFileSync(valueOf('iidfile'), 'sha256:' + 'a'.repeat(64));
  console.error(program + ' is done');
}
`;
  for (const name of names) writeFileSync(join(folder, name), source, { mode: 0o755 });
  return {
    environment: { PATH: [folder, join(process.execPath, '..')].join(delimiter) },
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as BuilderCall),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
