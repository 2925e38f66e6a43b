/** Requests whose end two readers could see in two places: refused, or read as RFC 9112 says, and nothing after them is taken for one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { dial, type Started, start } from './start.ts';

let marks: Started;
before(async () => {
  marks = await start('marks', { jsonBodyLimitBytes: 100_000 });
});
after(() => marks[Symbol.asyncDispose]());

const json = (word: string) => JSON.stringify({ word });

/** A request that is as it should be. */
const plain = (word: string, headers = '') =>
  `POST /mark HTTP/1.1\r\nhost: x\r\n${headers}content-length: ${json(word).length}\r\n\r\n${json(word)}`;

/** One that must never be seen, hidden behind another. */
const hidden = plain('hidden');

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const head = (headers: string, target = '/mark', version = 'HTTP/1.1') =>
  `POST ${target} ${version}\r\nhost: x\r\n${headers}\r\n\r\n`;

/** Sends bytes as they are; gives the statuses of all answers until the server closes, and what the method was called with. */
async function send(bytes: string, isCut = false) {
  const socket = await dial(marks.url);
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  socket.on('error', () => {}); // it may be cut while we still write
  socket.write(bytes, 'latin1');
  if (isCut) socket.end();
  socket.setTimeout(20_000, () => socket.destroy()); // a server that waits for more fails the test
  await once(socket, 'close');
  const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, taken: await (await marks.post('/taken', {})).json(), said };
}

const five = json('five'); // 15 bytes
const length = five.length;

suite('a request is refused, and what follows it is not read, when it has', () => {
  for (const [what, bytes] of [
    ['a length and chunks', `${head(`content-length: ${length}\r\ntransfer-encoding: chunked`)}0\r\n\r\n${hidden}`],
    [
      'chunks and a length',
      `${head(`transfer-encoding: chunked\r\ncontent-length: 4`)}${chunk(five)}0\r\n\r\n${hidden}`,
    ],
    ['two lengths', `${head(`content-length: ${length}\r\ncontent-length: 0`)}${five}${hidden}`],
    ['the same length twice', `${head(`content-length: ${length}\r\ncontent-length: ${length}`)}${five}${hidden}`],
    ['a list of lengths', `${head(`content-length: ${length}, ${length}`)}${five}${hidden}`],
    ...['+15', '-15', '0xf', '15 15', '1_5', '', '15;', '1e1', '15.0', '018446744073709551631', '\x0b15'].map(
      (text) => [`the length ${JSON.stringify(text)}`, `${head(`content-length: ${text}`)}${five}${hidden}`] as const,
    ),
    ['a blank before the colon of the length', `${head(`content-length : ${length}`)}${five}${hidden}`],
    ['a blank before the colon of chunks', `${head('transfer-encoding : chunked')}${chunk(five)}0\r\n\r\n${hidden}`],
    ...['identity', 'chunked, identity', 'xchunked', 'chunked, gzip', '\x0bchunked', '"chunked"', 'chunked;a=b'].map(
      (text) =>
        [
          `the encoding ${JSON.stringify(text)}`,
          `${head(`transfer-encoding: ${text}`)}${chunk(five)}0\r\n\r\n${hidden}`,
        ] as const,
    ),
    [
      'an encoding in two headers',
      `${head('transfer-encoding: chunked\r\ntransfer-encoding: identity')}0\r\n\r\n${hidden}`,
    ],
    ['lines that end with LF', `POST /mark HTTP/1.1\nhost: x\ncontent-length: ${length}\n\n${five}${hidden}`],
    ['a header that ends with LF', `${head(`a: b\ncontent-length: ${length}`)}${five}${hidden}`],
    ['a header that ends with CR', `${head(`a: b\rcontent-length: 0\r\ncontent-length: ${length}`)}${five}${hidden}`],
    ['a NUL in a value', `${head(`a: b\0c\r\ncontent-length: ${length}`)}${five}${hidden}`],
    ['a NUL in a name', `${head(`a\0: b\r\ncontent-length: ${length}`)}${five}${hidden}`],
    ['a name that is none', `${head(`a b: c\r\ncontent-length: ${length}`)}${five}${hidden}`],
    ['no name', `${head(`: c\r\ncontent-length: ${length}`)}${five}${hidden}`],
    ['no colon', `${head(`abc\r\ncontent-length: ${length}`)}${five}${hidden}`],
    [
      'a blank before the first header',
      `POST /mark HTTP/1.1\r\n host: x\r\ncontent-length: ${length}\r\n\r\n${five}${hidden}`,
    ],
    ['a folded length', `${head(`content-length:\r\n ${length}`)}${five}${hidden}`],
    ['a folded encoding', `${head('transfer-encoding:\r\n chunked')}${chunk(five)}0\r\n\r\n${hidden}`],
    ...['-f', '+f', '0xf', 'g', ' f', '', 'ffffffffffffffff1', '10000000000000000f'].map(
      (size) =>
        [
          `a chunk of the size ${JSON.stringify(size)}`,
          `${head('transfer-encoding: chunked')}${size}\r\n${five}\r\n0\r\n\r\n${hidden}`,
        ] as const,
    ),
    ['a chunk longer than its size', `${head('transfer-encoding: chunked')}5\r\n${five}\r\n0\r\n\r\n${hidden}`],
    ['a chunk size that ends with LF', `${head('transfer-encoding: chunked')}f\n${five}\r\n0\r\n\r\n${hidden}`],
    ['a chunk that ends with LF', `${head('transfer-encoding: chunked')}f\r\n${five}\n0\r\n\r\n${hidden}`],
    [
      'an extension of a chunk with LF in it',
      `${head('transfer-encoding: chunked')}f;a\nb\r\n${five}\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'an extension of a chunk without an end',
      `${head('transfer-encoding: chunked')}f;${'a'.repeat(20_000)}\r\n${five}\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'a length in its trailers',
      `${head('transfer-encoding: chunked')}${chunk(five)}0\r\ncontent-length: 9\r\n\r\n${hidden}`,
    ],
    ['another version', `${head(`content-length: ${length}`, '/mark', 'HTTP/1.2')}${five}${hidden}`],
    ['a version of its own', `${head(`content-length: ${length}`, '/mark', 'HTTP/2.0')}${five}${hidden}`],
    ['no version', `POST /mark\r\n\r\n${hidden}`],
    ['a blank in its target', `${head(`content-length: ${length}`, '/ma rk')}${five}${hidden}`],
    ['the words with which HTTP/2 begins', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`],
    ['no Host', `POST /mark HTTP/1.1\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${five}${hidden}`],
  ] as const) {
    test(what, async () => {
      const { statuses, taken, said } = await send(bytes);
      assert.deepEqual([statuses.length, taken], [1, []], said);
      assert.ok([400, 413, 417, 431, 505].includes(statuses[0] ?? 0), said);
      assert.match(said, /connection: close/i);
    });
  }
});

suite('a request is read as it should be, and so is the next one, when it has', () => {
  const next = plain('next', 'connection: close\r\n');
  for (const [what, bytes] of [
    ['nothing special', plain('five')],
    ['chunks', `${head('transfer-encoding: chunked')}${chunk(five)}0\r\n\r\n`],
    ['chunks by a name in capitals', `${head('Transfer-Encoding: CHUNKED')}${chunk(five)}0\r\n\r\n`],
    ['chunks with extensions', `${head('transfer-encoding: chunked')}f;a=b;c="d"\r\n${five}\r\n0;e\r\n\r\n`],
    ['zeros before the size of a chunk', `${head('transfer-encoding: chunked')}000f\r\n${five}\r\n000\r\n\r\n`],
    [
      'trailers that look like headers',
      `${head('transfer-encoding: chunked')}${chunk(five)}0\r\nx: 99\r\nhost: y\r\n\r\n`,
    ],
    ['zeros before its length', `${head(`content-length: 000${length}`)}${five}`],
    [
      'the absolute form, with another host',
      `${head(`content-length: ${length}`, 'http://other.example/mark')}${five}`,
    ],
    ['empty lines before it', `\r\n\r\n${plain('five')}`],
  ] as const) {
    test(what, async () => {
      const { statuses, taken, said } = await send(bytes + next);
      assert.deepEqual(
        [statuses, taken],
        [
          [200, 200],
          ['five', 'next'],
        ],
        said,
      );
    });
  }

  test('HTTP/1.0 and a length, and the connection ends with it', async () => {
    const bytes = `${head(`content-length: ${length}`, '/mark', 'HTTP/1.0')}${five}${hidden}`;
    const { statuses, taken, said } = await send(bytes);
    assert.deepEqual([statuses, taken], [[200], ['five']], said);
  });

  test('HTTP/1.0 and chunks, which it does not have: the connection ends with it', async () => {
    const bytes = `${head('transfer-encoding: chunked', '/mark', 'HTTP/1.0')}${chunk(five)}0\r\n\r\n${hidden}`;
    const { statuses, taken, said } = await send(bytes);
    assert.deepEqual([statuses[0], taken], [200, ['five']], said);
  });

  test('an upgrade that nobody offers', async () => {
    const { statuses, taken } = await send(plain('five', 'connection: upgrade, close\r\nupgrade: h2c\r\n') + hidden);
    assert.deepEqual([statuses, taken], [[200], ['five']]);
  });

  test('rubbish after it: it is answered first, and the rubbish then', async () => {
    const { statuses, taken, said } = await send(`${plain('five')}\0${hidden}`);
    assert.deepEqual([statuses, taken], [[200, 400], ['five']], said);
  });

  test('said that the connection ends with it', async () => {
    const { statuses, taken } = await send(plain('five', 'connection: close\r\n') + hidden);
    assert.deepEqual([statuses, taken], [[200], ['five']]);
  });
});

suite('what is in a body is no request, whatever becomes of the request that it belongs to:', () => {
  const length = hidden.length;
  for (const [what, bytes, status] of [
    ['one that is too large', `${head(`content-length: ${length + 200_000}`)}${hidden}${' '.repeat(200_000)}`, 413],
    [
      'one that is too large in chunks',
      `${head('transfer-encoding: chunked')}${chunk(hidden)}${chunk(' '.repeat(200_000))}`,
      413,
    ],
    [
      'one for a probe',
      `GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${hidden}`,
      200,
    ],
    [
      'one of a method that is not allowed',
      `PUT /mark HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${hidden}`,
      405,
    ],
    ['one that is cut', `${head(`content-length: ${length + 10}`)}${hidden}`, undefined],
    ['one of chunks that is cut', `${head('transfer-encoding: chunked')}fff\r\n${hidden}`, undefined],
  ] as const) {
    test(what, async () => {
      const { statuses, taken, said } = await send(bytes, status === undefined);
      assert.deepEqual(taken, [], said);
      assert.ok(statuses.length <= 1 && (status === undefined || statuses[0] === status), said);
    });
  }

  const next = plain('next', 'connection: close\r\n');
  for (const [what, bytes, status] of [
    ['one that is not JSON', head(`content-length: ${length}`), 400],
    ['one for a path that is not there', head(`content-length: ${length}`, '/none'), 404],
    ['one whose expectation is not met', head(`expect: 200-ok\r\ncontent-length: ${length}`), 417],
  ] as const) {
    test(`${what}, and the request after it is one`, async () => {
      const { statuses, taken, said } = await send(bytes + hidden + next);
      assert.deepEqual([statuses, taken], [[status, 200], ['next']], said);
    });
  }
});
