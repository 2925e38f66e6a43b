import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { findImported } from './find-imported.ts';

let root = '';
const inside = (path: string) => join(root, path);
const manifests: Readonly<Record<string, string>> = {
  'shop/package.json': '{"name":"shop"}',
  'shop/node_modules/bentots/package.json': '{"name":"bentots","exports":{}}',
  'shop/packages/own/package.json': '{"name":"own"}',
  'shop/packages/own/node_modules/bentots/package.json': '{"name":"bentots","exports":{}}',
  'shop/packages/hoisted/package.json': '{"name":"hoisted"}',
  'shop/packages/broken/package.json': '{"name":"bento',
  'store/.pnpm/bentots@1/node_modules/bentots/package.json': '{"name":"bentots","exports":{}}',
  'linked/package.json': '{}',
  'checkout/package.json': '{"name":"bentots","exports":{"./package.json":"./package.json"}}',
  'checkout/node_modules/bentots/package.json': '{"name":"bentots","exports":{}}',
  'checkout/examples/hello/package.json': '{"name":"hello"}',
  'closed/package.json': '{"name":"bentots"}',
  'alone/service.ts': '',
};

before(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'bentots-imported-')));
  for (const [path, text] of Object.entries(manifests)) {
    mkdirSync(dirname(inside(path)), { recursive: true });
    writeFileSync(inside(path), text);
  }
  mkdirSync(inside('shop/src/deep'), { recursive: true });
  mkdirSync(inside('checkout/test'), { recursive: true });
  mkdirSync(inside('linked/node_modules'));
  symlinkSync(
    inside('store/.pnpm/bentots@1/node_modules/bentots'),
    inside('linked/node_modules/bentots'),
    'junction', // on Windows a link that needs no rights
  );
});
after(() => rmSync(root, { recursive: true }));

for (const [what, from, found] of [
  ['the project that holds the folder', 'shop/src/deep', 'shop/node_modules/bentots'],
  ['the workspace itself before the root', 'shop/packages/own', 'shop/packages/own/node_modules/bentots'],
  ['the root, for a workspace without one', 'shop/packages/hoisted', 'shop/node_modules/bentots'],
  ['the root, beside a manifest that cannot be read', 'shop/packages/broken', 'shop/node_modules/bentots'],
  ['the store behind a link, as pnpm lays it', 'linked', 'store/.pnpm/bentots@1/node_modules/bentots'],
  ['the package itself, which imports itself by its name', 'checkout/test', 'checkout'],
  ['what is installed, for a package inside of another', 'checkout/examples/hello', 'checkout/node_modules/bentots'],
  ['nothing, where the package has no doors', 'closed', undefined],
  ['nothing, where nothing is installed', 'alone', undefined],
] as const) {
  test(`an import leads to ${what}`, () => {
    assert.equal(findImported(inside(from), 'bentots'), found === undefined ? undefined : inside(found));
  });
}
