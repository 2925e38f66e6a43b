import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSwaggerUi, swaggerUiFiles } from './swagger-ui.ts';

/** A folder in which the package can be installed, and removed again. */
function createPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-swagger-ui-'));
  const installed = join(folder, 'node_modules/@fastify/swagger-ui');
  return {
    from: join(folder, 'gateway.js'),
    install(text: string) {
      mkdirSync(join(installed, 'static'), { recursive: true });
      writeFileSync(join(installed, 'package.json'), '{}');
      for (const name of swaggerUiFiles) writeFileSync(join(installed, 'static', name), text);
    },
    remove: () => rmSync(installed, { recursive: true }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test('a file is read when it is first asked for, and only then', async () => {
  using place = createPlace();
  const { file } = createSwaggerUi(place.from);
  place.install('first');
  assert.equal(String((await file('swagger-ui.css')).body), 'first');
  place.install('second');
  assert.equal(String((await file('swagger-ui.css')).body), 'first');
  assert.equal(String((await file('index.css')).body), 'second');
});

test('a package that is not there is looked for again', async () => {
  using place = createPlace();
  const { page, file } = createSwaggerUi(place.from);
  for (const asked of [page, () => file('swagger-ui-bundle.js')]) {
    await assert.rejects(asked, { code: 'NOT_FOUND', message: /install the npm package @fastify\/swagger-ui/ });
  }
  place.install('here');
  assert.match(String((await page()).body), /^<!doctype html>/);
  assert.equal(String((await file('swagger-ui-bundle.js')).body), 'here');
});

test('a package that is removed while the server runs is missing, too', async () => {
  using place = createPlace();
  place.install('here');
  const { file } = createSwaggerUi(place.from);
  await file('index.css');
  place.remove();
  await assert.rejects(file('swagger-ui.css'), { code: 'NOT_FOUND' });
});
