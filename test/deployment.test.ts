import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createNote, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const base = `import { appendFileSync, readFileSync } from 'node:fs';
import { onDeployment } from 'bentots';
export const note = (text: string) => appendFileSync(process.env.DEPLOYMENT_NOTE!, text + '\\n');
export class Base {
  @onDeployment static async first() {
    await new Promise((resolve) => setImmediate(resolve));
    note(this.name + ' first');
  }
}
`;

const source = (hook: string) => `import { api, onDeployment, onStartup, service } from 'bentots';
import { Base, note } from './base.ts';
let deployed = 0;
@service({ workers: 2 })
export class Deployed extends Base {
  @onDeployment static second() { deployed++; ${hook} }
  @onStartup begin() { note(\`worker, \${deployed} hooks in its memory\`); }
  @api() pid(): number { return process.pid; }
}
`;

const worker = 'worker, 0 hooks in its memory';
const linesOf = ({ text }: { text(): string }) => text().trimEnd().split('\n');

test('deployment hooks run once and in order before the workers start, again with a reload, and not when a worker dies', async () => {
  using note = createNote();
  process.env.DEPLOYMENT_NOTE = note.path;
  using written = writeFiles({ 'service.ts': source("note('second');"), 'base.ts': base });
  await using service = await start(written.file);
  const once = ['Deployed first', 'second', worker, worker];
  assert.deepEqual(linesOf(note), once);
  const pid = Number(await (await service.post('/pid', {})).text());
  process.kill(pid, 'SIGKILL');
  await note.until(new RegExp(`(?:${worker}\n){3}`));
  assert.deepEqual(linesOf(note), [...once, worker]);
  await service.server.reload();
  assert.deepEqual(linesOf(note), [...once, worker, ...once]);
});

test('a deployment hook that fails, fails the start and the reload with its name, and the old version goes on', async () => {
  using note = createNote();
  process.env.DEPLOYMENT_NOTE = note.path;
  const failing = source("throw new Error('no database');");
  using written = writeFiles({ 'service.ts': failing, 'base.ts': base });
  const message = /^ServiceError: Deployed did not start: the deployment hook second threw: no database$/;
  await assert.rejects(start(written.file), message);
  writeFileSync(written.file, source(''));
  await using service = await start(written.file, { workers: 1 });
  const pid = await (await service.post('/pid', {})).text();
  writeFileSync(written.file, failing);
  await assert.rejects(service.server.reload(), message);
  assert.equal(await (await service.post('/pid', {})).text(), pid);
  assert.equal(linesOf(note).filter((line) => line === worker).length, 1);
});

test('a deployment hook that ends its process fails the start', async () => {
  using note = createNote();
  process.env.DEPLOYMENT_NOTE = note.path;
  using written = writeFiles({ 'service.ts': source('process.exit(0);'), 'base.ts': base });
  await assert.rejects(start(written.file), /^ServiceError: Deployed did not start: its worker ended before it was/);
});

test('JavaScript names static methods, and one that is none of the class is told', async () => {
  using note = createNote();
  process.env.DEPLOYMENT_NOTE = note.path;
  const script = (hook: string) => `import { appendFileSync } from 'node:fs';
import { defineService } from 'bentots';
class Plain {
  static prepare() { appendFileSync(process.env.DEPLOYMENT_NOTE, 'prepared\\n'); }
  ping() { return 'pong'; }
}
export default defineService(Plain, { apis: { ping: { params: {} } }, onDeployment: ['${hook}'] });
`;
  using written = writeFiles({ 'service.js': script('prepare') });
  await using service = await start(written.file);
  assert.equal(await (await service.post('/ping', {})).json(), 'pong');
  assert.deepEqual(linesOf(note), ['prepared']);
  using wrong = writeFiles({ 'service.js': script('ping') });
  await assert.rejects(
    start(wrong.file),
    /Plain\.ping stands in onDeployment, but is no static method of the class; correct the name/,
  );
});

test('a deployment hook is static, since there is no instance yet', async () => {
  using written = writeFiles({
    'service.ts': source('').replace('static second', 'second'),
    'base.ts': base,
  });
  await assert.rejects(
    start(written.file),
    /Deployed\.second is a method of the instance, and @onDeployment runs before there is one; make it static/,
  );
});
