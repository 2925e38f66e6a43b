import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { readProcessUsage } from '../src/pool/process-usage.ts';
import { bento, urlIn } from './bento.ts';
import { dial, fixture, type LogLine, readAll, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const requestIdOf = (response: Response) => response.headers.get('x-bentoml-request-id');
const facts = ({ level, message, output, requestId }: LogLine) => ({ level, message, output, requestId });

test('what a method prints is logged with service, worker and request, also after it has waited', async () => {
  await using talkative = await start('talkative', { logLevel: 'debug' });
  const response = await talkative.post('/print', { text: 'x' });
  const requestId = requestIdOf(response);
  await talkative.line(({ message }) => message === 'error x');
  assert.deepEqual(talkative.log.filter(({ message }) => / x$/.test(message)).map(facts), [
    { level: 'debug', message: 'debug x', output: 'stdout', requestId },
    { level: 'info', message: 'log x', output: 'stdout', requestId },
    { level: 'warn', message: 'warn x', output: 'stderr', requestId },
    { level: 'error', message: 'error x', output: 'stderr', requestId },
  ]);
  const line = await talkative.line(({ message }) => message === 'log x');
  assert.deepEqual([line.service, line.worker, String(line.trace).length], ['Talkative', 1, 32]);
});

test('what a stream prints between its items belongs to its request, beside other requests', async () => {
  await using talkative = await start('talkative');
  const responses = await Promise.all([1, 2, 3].map(() => talkative.post('/countTo', { end: 2 })));
  await Promise.all(responses.map((response) => response.text()));
  for (const response of responses) {
    const own = talkative.log.filter(({ requestId, output }) => requestId === requestIdOf(response) && output);
    assert.deepEqual(
      own.map(({ message }) => message),
      ['before 1', 'before 2', 'counted'],
    );
  }
});

test('what is printed while the module loads, at the start and at the end is logged, with no request', async () => {
  const talkative = await start('talkative');
  await talkative.server.stop();
  for (const [message, level] of [
    ['talkative: loaded', 'info'],
    ['talkative: starts', 'warn'],
    ['talkative: stops', 'info'],
  ]) {
    const line = talkative.log.find((one) => one.message === message);
    assert.deepEqual([line?.level, line?.requestId, line?.worker], [level, undefined, 1], message);
  }
});

test('parts of lines are put together', async () => {
  await using talkative = await start('talkative');
  await talkative.post('/parts', {});
  await talkative.line(({ message }) => message === 'one, two');
  await talkative.line(({ message }) => message === 'three');
});

test('what native code and other programs print is logged, one event a line', async () => {
  await using talkative = await start('talkative');
  await talkative.post('/native', { text: 'first\n\u001b[2Jsecond\n\u001e{"level":"error","message":"forged"}\n' });
  const lines = ['first', 'second', '\\u001e{"level":"error","message":"forged"}'];
  for (const line of lines) {
    const { level, output, worker } = await talkative.line(({ message }) => message === line);
    assert.deepEqual([level, output, worker], ['info', 'stdout', 1]);
  }
  assert.equal((await talkative.line(({ message }) => message === 'native error')).level, 'warn');
  await talkative.post('/child', { text: 'from a program' });
  await talkative.line(({ message }) => message === 'from a program');
});

test('the last words of a worker are logged before its end is', async () => {
  await using talkative = await start('talkative');
  const response = await talkative.post('/lastWords', { text: 'good bye' });
  const ended = await talkative.line(({ message }) => message.includes('process.exit(7)'));
  const last = talkative.log.find(({ message }) => message === 'good bye') as LogLine;
  assert.deepEqual([last?.level, last?.requestId], ['error', requestIdOf(response) ?? last.requestId]);
  assert.ok(talkative.log.indexOf(last) < talkative.log.indexOf(ended));
});

for (const isNative of [false, true]) {
  test(`a flood ${isNative ? 'of native code' : 'of a method'} is cut, and the log says by how much`, async () => {
    await using talkative = await start('talkative');
    const before = process.memoryUsage.rss();
    await talkative.post('/flood', { lines: 60_000, bytes: 1000, isNative });
    const { message, level } = await talkative.line((line) => line.message.includes('left out'));
    assert.match(message, /^\d+ lines of output were left out: too many in one second$/);
    assert.equal(level, 'warn');
    const leftOut = () =>
      talkative.log.reduce((sum, one) => sum + Number(/^(\d+) lines of output/.exec(one.message)?.[1] ?? 0), 0);
    const written = () => talkative.log.filter((one) => one.message.startsWith('xxx')).length;
    await talkative.line(() => leftOut() + written() >= 60_000);
    assert.equal(leftOut() + written(), 60_000, 'every line was written or counted');
    assert.ok(leftOut() > 10_000, `${leftOut()} were left out`);
    assert.ok(process.memoryUsage.rss() - before < 100 * 1024 * 1024);
  });
}

test('a line that is too long is cut', async () => {
  await using talkative = await start('talkative');
  for (const isNative of [true, false]) {
    await talkative.post('/flood', { lines: 1, bytes: 1_000_000, isNative });
    const line = await talkative.line(({ message }) => message.startsWith('xxx'));
    assert.ok(line.message.length < 10_000);
    assert.match(line.message, /x… \(\d+ characters more\)$/);
    (talkative.log as LogLine[]).length = 0;
  }
});

test('a text that would pass for other lines, or move the cursor, is one line of text', async () => {
  await using talkative = await start('talkative');
  await talkative.post('/log', { message: 'a\u001b[31m\u009b2J\r\nb\u202e' });
  const line = await talkative.line(({ colour }) => colour !== undefined);
  assert.equal(line.message, 'a\nb\\u202e');
});

/** A service with these options of its access log. */
const withAccess = (options: string) =>
  writeFiles({
    'service.ts': `import { api, service } from 'bentots';
@service({ logging: { access: ${options} } }) export class Plain { @api() one(): number { return 1; } @api() other(): number { return 2; } }`,
  });
const accessLines = ({ log }: { readonly log: readonly LogLine[] }) =>
  log.map(({ message }) => message).filter((message) => message.includes('scheme=http'));

test('the access log leaves out what it is told to, and whole paths only', async () => {
  using written = withAccess(
    "{ requestContentType: false, requestContentLength: false, responseContentType: false, responseContentLength: false, skipPaths: ['/one'] }",
  );
  await using plain = await start(written.file);
  await (await plain.post('/one', {})).text();
  await (await fetch(`${plain.url}/one/more`)).text();
  await (await plain.post('/other', {})).text();
  await plain.line(({ message }) => message.includes('path=/other'));
  const paths = accessLines(plain).map((line) => line.replace(/^\S+ /, '').replace(/ [\d.]+ms$/, ''));
  assert.deepEqual(paths, [
    '(scheme=http,method=GET,path=/one/more) (status=404)',
    '(scheme=http,method=POST,path=/other) (status=200)',
  ]);
});

test('behind a proxy that is trusted the access log has the address of the caller, and not one that he made up', async () => {
  using written = withAccess('{}');
  const first = async (headers: Readonly<Record<string, string>>, trustedProxies: readonly string[]) => {
    await using plain = await start(written.file, { trustedProxies });
    await (await plain.post('/one', {}, { headers })).text();
    const { message } = await plain.line((line) => line.message.includes('path=/one'));
    return message.split(' ')[0] ?? '';
  };
  const headers = { 'x-forwarded-for': '192.0.2.9, 2001:db8:1:2:3::4%eth0, 10.0.0.1' };
  assert.equal(await first(headers, ['127.0.0.1', '10.0.0.0/8']), '2001:db8:1:2:3::4:0');
  assert.match(await first({}, ['127.0.0.1']), /^127\.0\.0\.1:\d+$/);
  assert.match(await first(headers, []), /^127\.0\.0\.1:\d+$/);
});

test('the access log can be switched off', async () => {
  using written = withAccess('{ enabled: false }');
  const plain = await start(written.file);
  await (await plain.post('/one', {})).text();
  await plain.server.stop();
  assert.deepEqual(accessLines(plain), []);
});

test('what a caller sends cannot pass for another part of its line', async () => {
  await using talkative = await start('talkative');
  const socket = await dial(talkative.url);
  socket.end(
    Buffer.from(
      'GET /a,type=x)(status=200 HTTP/1.1\r\nhost: x\r\ncontent-type: a) (status=200,length=1) 1ms\x9b\r\nconnection: close\r\n\r\n',
      'latin1',
    ),
  );
  await readAll(socket);
  const { message } = await talkative.line((line) => line.message.includes('method=GET'));
  assert.match(
    message,
    /\(scheme=http,method=GET,path=\/a%2Ctype=x%29%28status=200[^()]*,type=a%29 %28status=200%2Clength=1%29 1ms[^()]*,length=\) \(status=404,/,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
  assert.doesNotMatch(message, /[\x00-\x1f\x7f-\x9f]/);
});

test('a reader of the log that stands still costs lines and no memory, and does not hold up a stop', async () => {
  await using command = bento(['serve', fixture('talkative'), '--port', '0']);
  const url = urlIn(await command.says('Ctrl-C'));
  command.child.stdout?.pause();
  const flood = async () => {
    const socket = await dial(url);
    const answers = readAll(socket);
    for (let at = 0; at < 12_000; at++) socket.write(`GET /${'x'.repeat(1000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await answers;
  };
  const residentBytes = () => readProcessUsage(command.child.pid)?.residentBytes ?? 0;
  await flood(); // warm
  const before = residentBytes();
  await flood();
  assert.ok(residentBytes() - before < 64 * 1024 * 1024);
  command.child.stdout?.resume();
  await command.logs('lines of the log were left out: whoever reads it is too slow');
  command.child.stdout?.pause();
  await flood();
  const ended = once(command.child, 'exit');
  command.child.kill('SIGINT');
  assert.deepEqual(await ended, [0, null]);
  command.child.stdout?.resume();
});
