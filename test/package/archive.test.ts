/** What is in the archive that is published, and what linters of packages say of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { tarball } from './project.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const listing = spawnSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).stdout.trimEnd().split('\n');
const files = listing.map((path) => path.replace(/^package\//, '')).filter((path) => !path.endsWith('/'));

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

test('the archive holds the built program, its types, the pages and the examples, and nothing else', () => {
  const expected = [
    /^(package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|bin\/bento\.js)$/,
    /^dist\/([a-z0-9-]+\/)*[a-z0-9-]+(\.js|\.d\.ts)$/,
    /^docs\/[a-z]+\/[a-z0-9-]+\.(md|svg)$/,
    /^examples\/[a-z]+\/([a-z-]+\.ts|README\.md|package\.json|data\/.+)$/,
  ];
  assert.deepEqual(
    files.filter((path) => !expected.some((pattern) => pattern.test(path))),
    [],
  );
  assert.ok(files.includes('CHANGELOG.md') && files.includes('LICENSE'));
});

test('every link in the README leads to something in the archive', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
  assert.ok(links.length > 3);
  assert.deepEqual(
    links.filter((link) => !files.some((path) => path === link || path.startsWith(`${link}/`))),
    [],
  );
});

test('the archive has no bulk in it', (t) => {
  const { size } = statSync(tarball);
  t.diagnostic(`${size} bytes packed, ${files.length} files`);
  assert.ok(size < 1_000_000, `${size} bytes`);
});

test('every declaration in the archive has its program, and every program its declaration', () => {
  const stems = (end: string) =>
    files.filter((path) => path.startsWith('dist/') && path.endsWith(end)).map((path) => path.slice(0, -end.length));
  assert.deepEqual(stems('.d.ts').sort(), stems('.js').sort());
});

test('every door that the manifest names is in the archive', () => {
  const targets = [...Object.values(manifest.exports), ...Object.values(manifest.imports)]
    .flatMap((door) =>
      typeof door === 'string'
        ? [door]
        : Object.entries(door)
            .filter(([condition]) => condition !== '@bentots/source') // for us: the sources are not published
            .map(([, target]) => target),
    )
    .map((target) => target.replace('./', ''));
  assert.deepEqual(
    targets.filter((target) => !files.includes(target)),
    [],
  );
});

test('nothing in the archive tells where it was built, or points at a source map', () => {
  const bytes = gunzipSync(readFileSync(tarball));
  for (const place of [root, dirname(tarball)]) assert.equal(bytes.includes(place), false, place);
  assert.equal(bytes.includes('sourceMappingURL='), false);
});

/** Runs a program that `package.json` of this folder brings. */
function lint(...words: readonly string[]): { readonly status: number | null; readonly said: string } {
  const [name = '', ...args] = words;
  const program = fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

test('publint has nothing to say', () => {
  const { status, said } = lint('publint', '--strict', tarball);
  assert.equal(status, 0, said);
  assert.match(said, /All good!/);
});

test('arethetypeswrong finds the types of every door under node16, nodenext and bundler', () => {
  const { status, said } = lint('attw', '--profile', 'esm-only', tarball);
  assert.equal(status, 0, said);
});
