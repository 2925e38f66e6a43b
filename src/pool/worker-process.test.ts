import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createProject, serviceOf } from '../reflect/reflect.fixture.ts';

const program = fileURLToPath(new URL('./few-descriptors.fixture.ts', import.meta.url));
const hasLimit = process.platform !== 'win32';

test('however many descriptors are left, a start that fails for want of them is told, and harms nobody', {
  skip: !hasLimit,
}, async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(): void {}') });
  const command = 'ulimit -n 80 && exec "$0" "$@"';
  const args = [process.execPath, ...process.execArgv, program, project.path('service.ts')];
  const child = spawn('sh', ['-c', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.equal(child.exitCode, 0, complaints);
  for (const [start, went] of [
    ['startWorker', 'killed'],
    ['askReader', 'read'],
    ['readTypes', 'read'],
  ]) {
    const lines = said.split('\n').filter((line) => line.startsWith(`${start}: `));
    assert.match(lines[0] ?? '', /EMFILE/);
    assert.equal(lines.at(-1), `${start}: ${went}`);
  }
});
