import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareTags, isTagPart, makeVersion, Tag, toBentoName } from './tag.ts';

for (const [text, name, version] of [
  ['iris', 'iris', undefined],
  ['iris:v1', 'iris', 'v1'],
  ['a:1', 'a', '1'],
  ['org--name:2024.01.01_x', 'org--name', '2024.01.01_x'],
  ['a..b__--c', 'a..b__--c', undefined],
  ['Iris:V1', 'iris', 'v1'],
  ['x:latest', 'x', 'latest'],
  [`${'a'.repeat(63)}:${'b'.repeat(63)}`, 'a'.repeat(63), 'b'.repeat(63)],
] as const) {
  test(`${text} is a tag`, () => {
    const tag = Tag.parse(text);
    assert.deepEqual([tag.name, tag.version], [name, version]);
    assert.equal(String(tag), text.toLowerCase());
    assert.equal(JSON.stringify(tag), JSON.stringify(text.toLowerCase()));
    assert.equal(Tag.parse(tag), tag);
  });
}

for (const [text, problem] of [
  ['', /^"" is no tag: its name is empty$/],
  [':v1', /its name is empty$/],
  ['iris:', /there is no version behind the colon; leave it out, or write iris:latest$/],
  ['a:b:c', /its version must have only a-z/],
  ['-a', /its name must have only a-z, 0-9, "\.", "_" and "-", and begin and end with a letter or a digit$/],
  ['a-', /its name must/],
  ['.', /its name must/],
  ['..', /its name must/],
  ['a:..', /its version must/],
  ['a/b', /its name must/],
  ['a\\b', /its name must/],
  ['a b', /its name must/],
  ['a\n', /^"a\\n" is no tag: its name must/],
  ['a:b\n', /its version must/],
  ['a\0', /its name must/],
  ['é', /its name must/],
  ['a'.repeat(64), /its name has 64 characters, of which 63 are allowed$/],
  [`${'a'.repeat(63)}-`, /has 64 characters, of which 63 are allowed, and its name must/],
  ['x'.repeat(5000), /^"x{200}…" is no tag/],
] as const) {
  test(`${JSON.stringify(text.slice(0, 80))} is no tag`, () => {
    assert.throws(() => Tag.parse(text), { code: 'TAG_INVALID', message: problem });
  });
}

test('a tag cannot be changed', () => {
  const tag = new Tag('a', '1');
  assert.throws(() => Object.assign(tag, { version: '2' }), TypeError);
  assert.deepEqual([String(tag.withVersion('2')), String(tag)], ['a:2', 'a:1']);
});

test('tags are equal in both parts', () => {
  assert.equal(Tag.parse('a:1').equals(new Tag('a', '1')), true);
  assert.equal(Tag.parse('a').equals(Tag.parse('a:latest')), false);
  assert.equal(Tag.parse('a:1').equals(Tag.parse('b:1')), false);
});

test('no version and latest both ask for the newest', () => {
  assert.deepEqual(
    ['a', 'a:latest', 'a:1'].map((text) => Tag.parse(text).isLatest),
    [true, true, false],
  );
});

test('a tag as a path has slashes', () => {
  assert.deepEqual([Tag.parse('a:1').toPath(), Tag.parse('a').toPath()], ['a/1', 'a']);
});

test('tags are in the order of their names, then of their versions as text, without one first', () => {
  const sorted = ['b', 'a:2', 'a:10', 'a', 'a-b:1'].map((text) => Tag.parse(text)).sort(compareTags);
  assert.deepEqual(sorted.map(String), ['a', 'a:10', 'a:2', 'a-b:1', 'b']);
});

test('what is printed is read again as the same tag', () => {
  const part = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(part, fc.option(part, { nil: undefined }), (name, version) => {
      const tag = new Tag(name, version);
      assert.ok(Tag.parse(String(tag)).equals(tag) && isTagPart(name));
    }),
  );
});

test('no text of any kind makes a tag that leads out of a store', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        assert.match(Tag.parse(text).toPath(), /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)?$/);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'TAG_INVALID');
      }
    }),
  );
});

test('a version is that of BentoML for the same UUID', () => {
  // base64.b32encode of time_low, time_mid and the four bytes, as Python computes it
  const nowMs = Date.parse('2011-11-19T18:07:12.777Z');
  assert.equal(makeVersion(nowMs, Uint8Array.of(0x84, 0x0d, 0x7b, 0x25)).length, 16);
  assert.match(makeVersion(nowMs), /^[a-z2-7]{16}$/);
  assert.equal(makeVersion(nowMs, Uint8Array.of(0x84, 0x0d, 0x7b, 0x25)), 'jy7npeas3gca26zf');
});

test('versions of the same moment differ', () => {
  const versions = Array.from({ length: 1000 }, () => makeVersion(0));
  assert.equal(new Set(versions).size, versions.length);
  assert.ok(versions.every(isTagPart));
});

for (const [service, name] of [
  ['MyService', 'my_service'],
  ['LLMService', 'llm_service'],
  ['XGBoostService', 'xg_boost_service'],
  ['GPT4All', 'gp_t4_all'],
  ['HTTPServer2', 'http_server2'],
  ['RAG', 'rag'],
  ['myURL', 'myurl'],
  ['StableDiffusionXL', 'stable_diffusionxl'],
] as const) {
  test(`the bento of the service ${service} is called ${name}`, () => assert.equal(toBentoName(service), name));
}
