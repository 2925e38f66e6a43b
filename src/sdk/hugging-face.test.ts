import assert from 'node:assert/strict';
import { test } from 'node:test';
import { huggingFace } from './hugging-face.ts';
import { toBentoEntry, toPathInBento } from './model-kinds.ts';

const commit = 'a'.repeat(40);
const pinned = {
  ...huggingFace('Org/Tiny', { revision: commit, include: ['ö*'], endpoint: 'https://huggingface.co/' }).toInfo(),
  lastModified: '2024-05-01T10:00:00.000Z',
};

test('in bento.yaml it has the tag that BentoML makes, and is asked for as it is written', () => {
  assert.deepEqual(toBentoEntry(pinned), {
    tag: 'org--tiny:6191108ed16f3db72965229dfbde92f8', // hashlib.md5 of what BentoML gives it
    module: null,
    creation_time: '2024-05-01T10:00:00.000000+00:00',
    registry: 'huggingface',
    metadata: {
      endpoint: 'https://huggingface.co',
      exclude: null,
      include: ['ö*'],
      model_id: 'Org/Tiny',
      revision: commit,
    },
  });
  assert.equal(toPathInBento(pinned), `models--Org--Tiny/snapshots/${commit}`);
});

test('names that are too long for a tag are shortened, and differ where they differed', () => {
  const tags = ['a', 'b'].map((end) => toBentoEntry({ ...pinned, modelId: `org/${'x'.repeat(80)}${end}` })?.tag ?? '');
  for (const tag of tags) assert.match(tag, /^org--x{49}-[0-9a-f]{8}:[0-9a-f]{32}$/);
  assert.notEqual(tags[0]?.split(':')[0], tags[1]?.split(':')[0]);
});

test('it can be made again from what it says of itself', () => {
  const given = { revision: 'v1', include: ['*.json'], exclude: ['big*'], endpoint: 'http://hub/x' };
  const ref = huggingFace('org/tiny', given);
  assert.deepEqual(ref.fromInfo(JSON.parse(JSON.stringify(ref.toInfo()))).toInfo(), ref.toInfo());
  assert.throws(() => ref.fromInfo({ kind: 'localFolder', path: '.' }), TypeError);
  assert.throws(() => ref.fromInfo({ kind: 'huggingFace' }), TypeError);
});
