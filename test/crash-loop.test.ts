import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Started, start } from './start.ts';
import { versionSource } from './versions.ts';
import { watchFolder } from './watched.ts';
import { writeFiles } from './write-service.ts';

const source = `import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { api, onStartup, service } from 'bentots';

@service()
export class Moody {
  @onStartup check() {
    if (existsSync(join(import.meta.dirname, 'ill'))) throw new Error('the key is 1234');
  }
  @api() pid(): number { return process.pid; }
}
`;

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

/** Asks until the answer is the one. */
async function until(ask: () => Promise<Response>, code: string): Promise<{ response: Response; text: string }> {
  for (;;) {
    const response = await ask();
    const text = await response.text();
    if (text.includes(code)) return { response, text };
  }
}

const restart = async (service: Started) => {
  const pid = Number(await (await service.post('/pid', {})).text());
  process.kill(pid, 'SIGKILL');
};

test('while workers end again and again, callers hear when the next try comes, and those who can wait are served', async (t) => {
  using written = writeFiles({ 'service.ts': source });
  await using service = await start(written.file);
  await t.test('the log tells of each try', async () => {
    writeFileSync(`${written.folder}/ill`, '');
    await restart(service);
    const { level, message } = await service.line((line) => line.message.includes('in 1 s'));
    assert.equal(level, 'error');
    assert.match(
      message,
      /^worker 1 of Moody could not be started again: .* threw: the key is 1234; its files are read as they are now; another one is started in 1 s, since that was the end number 3 within 30 s in a row$/,
    );
  });
  await t.test('readiness says what is wrong, without the words of the author', async () => {
    const { response, text } = await until(() => fetch(`${service.url}/readyz`), 'CRASH_LOOP');
    assert.equal(response.status, 503);
    assert.match(
      text,
      /"1 of 1 workers of Moody are missing, since they end again and again: \d+ times in a row so far, the last time because it could not be started; the log says why; (?:the next try is in \d+\.\d s|another try is under way)"/,
    );
    assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
  });
  await t.test('a call that cannot wait for the next try is refused at once', async () => {
    const ask = () => service.post('/pid', {}, { headers: { 'x-request-timeout-ms': '20' } });
    const { response } = await until(ask, 'CRASH_LOOP');
    assert.equal(response.status, 503);
    assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  });
  await t.test('one that can wait is answered when there is a worker again', async () => {
    const waiting = service.post('/pid', {});
    writeFileSync(`${written.file}`, source.replace("'ill'", "'well'"));
    const response = await waiting;
    assert.equal(response.status, 200, await response.text());
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  });
});

test('a worker that ends once is started again at once: nobody is refused', async () => {
  using written = writeFiles({ 'service.ts': source });
  await using service = await start(written.file);
  await restart(service);
  const response = await service.post('/pid', {});
  assert.ok(response.status === 200 || (await codeOf(response)) === 'WORKER_LOST');
  assert.equal((await service.post('/pid', {})).status, 200);
  assert.ok(service.log.some(({ message }) => message.endsWith('; another one is started')));
});

test('a worker that dies after a broken save is tried again, the log says so, and the next good save serves', async () => {
  let log = '';
  const told = Promise.withResolvers<void>();
  const logTo = {
    write(line: string) {
      log += line;
      if (log.includes('could not be started again')) told.resolve();
    },
  };
  await using watched = await watchFolder({ 'service.ts': versionSource('one') }, { logTo });
  watched.folder.save('service.ts', 'export class {');
  await watched.failed();
  process.kill(Number(await watched.ask('/pid')), 'SIGKILL');
  await told.promise;
  assert.match(
    log,
    /worker 1 of Versioned could not be started again: .*service\.ts could not be loaded: .*its files are read as they are now/,
  );
  watched.folder.save('service.ts', versionSource('two'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/version'), 'two');
});

test('a process that a worker has started, and that holds its output, holds up neither its end nor the next one', async (t) => {
  using written = writeFiles({
    'service.ts': `import { spawn } from 'node:child_process';
      import { api, service } from 'bentots';
      @service() export class Parent {
        @api() async leave(): Promise<number> {
          const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
          return child.pid as number;
        }
        @api() pid(): number { return process.pid; }
      }`,
  });
  await using service = await start(written.file);
  const orphan = Number(await (await service.post('/leave', {})).text());
  t.after(() => process.kill(orphan, 'SIGKILL'));
  const pid = Number(await (await service.post('/pid', {})).text());
  process.kill(pid, 'SIGKILL');
  await service.line(({ message }) => message.includes(' ended after '));
  assert.notEqual(Number(await (await service.post('/pid', {})).text()), pid);
  await service.server.stop();
  process.kill(orphan, 0); // it is not ours to end
});
