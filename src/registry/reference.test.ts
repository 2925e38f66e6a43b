import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseReference, printReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

for (const [text, full] of [
  ['iris', 'docker.io/library/iris'],
  ['iris:v1', 'docker.io/library/iris:v1'],
  ['team/iris', 'docker.io/team/iris'],
  ['docker.io/iris', 'docker.io/library/iris'],
  ['index.docker.io/team/iris', 'docker.io/team/iris'],
  ['registry-1.docker.io/library/iris', 'docker.io/library/iris'],
  ['localhost/iris', 'localhost/iris'],
  ['localhost:5000/a/b/c:v1', 'localhost:5000/a/b/c:v1'],
  ['registry.example.com/iris', 'registry.example.com/iris'],
  ['UPPER/iris', 'UPPER/iris'],
  ['[::1]:5000/iris:v1', '[::1]:5000/iris:v1'],
  [`ghcr.io/team/iris:v1@${digest}`, `ghcr.io/team/iris:v1@${digest}`],
  [`iris@${digest}`, `docker.io/library/iris@${digest}`],
  ['r.io/a__b/c--d/e.f_g:V1.0_x-y', 'r.io/a__b/c--d/e.f_g:V1.0_x-y'],
] as const) {
  test(`${text} is ${full}`, () => assert.equal(printReference(parseReference(text)), full));
}

for (const [text, problem] of [
  ['', 'it is empty'],
  ['https://ghcr.io/team/iris', 'it begins with a scheme; leave that out'],
  [
    'ghcr.io/',
    '"" is no name of a repository: it may have small letters and digits, with ".", "_", "-" and "/" between them',
  ],
  [
    'ghcr.io/Team/iris',
    '"Team/iris" is no name of a repository: it may have small letters and digits, with ".", "_", "-" and "/" between them',
  ],
  [
    'ghcr.io/../iris',
    '"../iris" is no name of a repository: it may have small letters and digits, with ".", "_", "-" and "/" between them',
  ],
  ['ghcr.io/iris:', '"" is no tag: it may have letters, digits, "_", "." and "-", at most 128'],
  ['ghcr.io/iris:v1\n', '"v1\\n" is no tag: it may have letters, digits, "_", "." and "-", at most 128'],
  ['ghcr.io/iris@sha256:abc', '"sha256:abc" is no digest such as sha256:… with 64 digits'],
  [`ghcr.io/iris@${digest}@${digest}`, 'it has several @; write name@sha256:… once'],
  ['user:secret@ghcr.io/iris', '"ghcr.io/iris" is no digest such as sha256:… with 64 digits'],
  ['ghcr.io:99999/iris', '"ghcr.io:99999" is no host of a registry'],
  ['-x.io/iris', '"-x.io" is no host of a registry'],
  ['a'.repeat(1025), 'it has 1025 characters, of which 1024 are allowed'],
] as const) {
  test(`${JSON.stringify(text.slice(0, 40))} is no reference: ${problem}`, () => {
    assert.throws(() => parseReference(text), {
      code: 'REFERENCE_INVALID',
      message: `${JSON.stringify(text.slice(0, 200))} names no OCI image or artifact: ${problem}`,
    });
  });
}

test('what is printed is read as the same, and nothing hangs the reader', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
  fc.assert(
    fc.property(
      fc.constantFrom('docker.io', 'localhost:5000', 'ghcr.io', '127.0.0.1:1', '[::1]'),
      fc.array(part, { minLength: 2, maxLength: 4 }),
      fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/), { nil: undefined }),
      fc.option(fc.constant(digest), { nil: undefined }),
      (registry, path, tag, sum) => {
        const reference = { registry, repository: path.join('/'), tag, digest: sum };
        assert.deepEqual(parseReference(printReference(reference)), reference);
      },
    ),
  );
  for (const text of ['a-'.repeat(500), 'a_'.repeat(500), `a/${'-'.repeat(900)}`, 'a.'.repeat(500)]) {
    assert.throws(() => parseReference(text), { code: 'REFERENCE_INVALID' });
  }
});
