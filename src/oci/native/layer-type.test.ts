/** What a layer is called by how it is packed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { layerTypeOf } from './layer-type.ts';

test('a layer is known by its first bytes, however large it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-layers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'layer');
  const kinds: readonly (readonly [Buffer, string])[] = [
    [Buffer.from('usr/'), ''],
    [gzipSync('x'), '+gzip'],
    [zstdCompressSync('x'), '+zstd'],
    [Buffer.alloc(0), ''],
  ];
  for (const [start, packed] of kinds) {
    writeFileSync(file, start);
    if (start.length > 0) truncateSync(file, 5 * 1024 ** 3); // more than one buffer holds; no block of the disk has it
    assert.equal(await layerTypeOf(file), `application/vnd.oci.image.layer.v1.tar${packed}`);
  }
});
