/** Arguments of services, from the command line to the author's modules. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from 'bentots/serve';
import { startService } from 'bentots/testing';
import { bento, urlIn } from './bento.ts';
import { writeFiles } from './write-service.ts';

const service = `
import { api, secret, service, useArguments } from 'bentots';
export const args = useArguments({
  model: { type: 'string', description: 'Which weights are served.' },
  quant: { enum: ['q4', 'q8'], default: 'q4' },
  workers: { type: 'integer', minimum: 1, default: 1 },
  token: secret({ type: 'string', default: '' }),
});
@service({ workers: args.workers, name: args.model })
export class Told {
  @api() told(): { model: string; quant: string; token: string } { return { ...args }; }
}
`;

const write = () => writeFiles({ 'service.ts': service, 'args.yaml': 'model: large\nquant: q8\nworkers: 2\n' });
const ask = async (url: string) => (await fetch(`${url}/told`, { method: 'POST', body: '{}' })).json();

test('bento serve gives a service what --arg and --arg-file say, and --arg goes before the file', async () => {
  using written = write();
  const words = ['serve', written.file, '--port', '0', '--arg-file', join(written.folder, 'args.yaml')];
  await using server = bento([
    ...words,
    '--arg',
    'model=small',
    '--arg',
    'token=a=b',
    '--arg',
    'quant=x',
    '--arg',
    'quant=q4',
  ]);
  const said = await server.says('Ctrl-C stops it.');
  assert.match(said, /^small is served at /m);
  assert.deepEqual(await ask(urlIn(said)), { model: 'small', quant: 'q4', workers: 2, token: 'a=b' });
});

test('what is missing, wrong or not asked for ends bento serve with 1 and a sentence', async () => {
  using written = write();
  const run = async (...flags: readonly string[]) => {
    await using running = bento(['serve', written.file, '--port', '0', ...flags]);
    const { end, stderr } = await running.finished;
    return [end, stderr.split('\n', 1)[0]];
  };
  assert.deepEqual(await run('--arg', 'modle=small'), [
    1,
    'bento: the argument model is missing: give it with --arg model=…, in a file with --arg-file, or to serve() as args; "modle" is given, did you mean that?',
  ]);
  assert.deepEqual(await run('--arg', 'model=small', '--arg', 'qaunt=q8', '--arg', 'zzzzzzzz=1'), [
    1,
    'bento: there is no argument "qaunt"; did you mean "quant"?; there is no argument "zzzzzzzz"; there are model, quant, workers, token',
  ]);
});

test('flags that say no argument are refused before anything is loaded', async () => {
  using written = write();
  const list = join(written.folder, 'list.json');
  writeFileSync(list, '["model"]');
  for (const [flags, problem] of [
    [['--arg', 'hf_secret'], '--arg is without "=", 9 characters long, but must be name=value'],
    [['--arg', '=x'], '--arg is without a name, but must be name=value'],
    [['--arg-file', list], `--arg-file is ${list}, but must be a file with a map of arguments and their values`],
    [['--arg-file', 'none.yaml'], '--arg-file is none.yaml, but must be a YAML or JSON file that can be read (ENOENT'],
  ] as const) {
    await using running = bento(['schema', written.file, ...flags]);
    const { end, stderr } = await running.finished;
    assert.deepEqual([end, stderr.startsWith(`bento: bento schema: ${problem}`)], [1, true], stderr);
  }
});

test('bento schema says which arguments a service has, and no value of them', async () => {
  using written = write();
  await using running = bento(['schema', written.file, '--arg', 'model=small', '--arg', 'token=hf_secret']);
  const { stdout } = await running.finished;
  assert.deepEqual(JSON.parse(stdout).arguments, [
    { name: 'model', description: 'Which weights are served.', isRequired: true, isSecret: false },
    { name: 'quant', isRequired: false, isSecret: false },
    { name: 'workers', isRequired: false, isSecret: false },
    { name: 'token', isRequired: false, isSecret: true },
  ]);
  assert.equal(stdout.includes('hf_secret'), false);
});

test('an image description, which arguments may take part in, is in the schema of the service as data', async () => {
  const text = service
    .replace('import {', 'import { Image,')
    .replace('@service({', "@service({ image: new Image({ distro: 'alpine' }).systemPackages(args.model),");
  using written = writeFiles({ 'service.ts': text });
  const run = async (model: string) => {
    await using running = bento(['schema', written.file, '--arg', `model=${model}`]);
    return await running.finished;
  };
  assert.deepEqual(JSON.parse((await run('ffmpeg')).stdout).image, {
    distro: 'alpine',
    steps: [
      { kind: 'systemPackages', packages: ['ffmpeg'] },
      { kind: 'install', npmPackages: [], pythonPackages: [] },
    ],
    env: {},
    labels: {},
  });
  const wrong = await run('a b');
  assert.deepEqual(
    [wrong.end, /^bento: new Image: systemPackages is "a b", but must be/.test(wrong.stderr)],
    [1, true],
  );
});

test('a service that is loaded again gets the same arguments, and one that asks for none is given none', async () => {
  using written = write();
  await using server = await serve(written.file, { port: 0, logLevel: 'error', args: { model: 'small', quant: 'q8' } });
  const before = await ask(server.url);
  await server.reload();
  assert.deepEqual(await ask(server.url), before);
  using plain = writeFiles({
    'plain.ts': "import { api, service } from 'bentots';\n@service() export class Plain { @api() ask(): void {} }\n",
  });
  await assert.rejects(serve(plain.file, { port: 0, logLevel: 'error', args: { model: 'x' } }), {
    code: 'ARGUMENT_INVALID',
    message: 'there is no argument "model"; the service takes none',
  });
  await assert.rejects(serve(plain.file, { args: { model: new Date() } }), { code: 'OPTION_INVALID' });
});

test('in the process of a test modules keep the arguments that they were evaluated with', async () => {
  using written = write();
  for (const model of ['small', 'small', 'large']) {
    const starting = startService(written.file, { inProcess: true, args: { model } });
    if (model === 'large') {
      await assert.rejects(starting, /evaluated once in a process/);
      continue;
    }
    await using running = await starting;
    assert.equal(running.server.spec.name, 'small');
    assert.equal(running.server.spec.arguments.length, 4);
  }
});
