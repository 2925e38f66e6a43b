/** Layers that are kept, and what may become of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOf } from '../../registry/manifest.ts';
import { keepLayer } from './kept-layers.ts';

const home = mkdtempSync(join(tmpdir(), 'bentots-kept-'));
const usual = process.env.BENTOML_HOME;
before(() => {
  process.env.BENTOML_HOME = home;
});
after(() => {
  if (usual === undefined) delete process.env.BENTOML_HOME;
  else process.env.BENTOML_HOME = usual;
  rmSync(home, { recursive: true });
});

let made = 0;
let asked = 0;

/** The layer of a key, made of this text where it is not kept; it is always the one that it is said to be. */
async function keep(key: string, text = 'x'.repeat(5000)) {
  const file = join(home, `layer-${asked++}`);
  const { layer, note, isKept } = await keepLayer(key, file, async () => {
    made++;
    writeFileSync(file, text);
    const descriptor = { mediaType: 'x', digest: digestOf(Buffer.from(text)), size: text.length };
    return { layer: { descriptor, diffId: 'x', file, title: 'x' }, note: text };
  });
  const bytes = readFileSync(file);
  assert.deepEqual([layer.file, digestOf(bytes), note], [file, layer.descriptor.digest, bytes.toString()]);
  return isKept;
}

test('a layer is made once, and again where what was kept of it is not whole', async () => {
  assert.deepEqual([await keep('key'), await keep('key')], [false, true]);
  const folder = join(home, 'oci/layers');
  const [note = '', layer = ''] = ['.json', '.tar'].map((end) => {
    return join(folder, readdirSync(folder).find((name) => name.endsWith(end)) ?? assert.fail());
  });
  const spoilers: readonly (() => void)[] = [
    () => truncateSync(note, 10),
    () => rmSync(note),
    () => writeFileSync(note, '{}'),
    () => writeFileSync(note, 'null'),
    () => rmSync(layer),
    () => {
      rmSync(layer); // other names of the same file are those of images
      writeFileSync(layer, 'x'.repeat(1000));
    },
  ];
  for (const [index, spoil] of spoilers.entries()) {
    spoil();
    assert.deepEqual([await keep('key'), await keep('key'), made], [false, true, index + 2], String(spoil));
  }
  assert.equal(readdirSync(folder).length, 2);
});

test('of two layers of one key that are made at once, be they not the same, one is kept with what is said of it', async () => {
  const [one, other] = ['a', 'b'].map((letter) => letter.repeat(5000));
  await Promise.all([keep('both', one), keep('both', other)]);
  assert.equal(await keep('both', 'c'), true);
});
