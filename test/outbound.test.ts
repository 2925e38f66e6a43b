import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { isServiceError } from '../src/errors.ts';
import { checkAddress, checkRedirect } from '../src/outbound/check-address.ts';
import { type FetchOptions, fetchPublic } from '../src/outbound/fetch-public.ts';

const loopback = ['127.0.0.0/8'];

/** Fetches with room for anything, and gives what came. */
async function get(address: string, options: Partial<FetchOptions> = {}) {
  const chunks: Uint8Array[] = [];
  const fetched = await fetchPublic(address, {
    allowed: [],
    timeoutMs: 60_000,
    maxBytes: 1024 * 1024,
    signal: new AbortController().signal,
    sink: (chunk) => chunks.push(chunk),
    ...options,
  });
  return { ...fetched, text: Buffer.concat(chunks).toString() };
}

/** A web server on this machine that remembers what it was asked. */
async function start(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The code and sentence that a fetch fails with. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it was fetched'),
    (reason: unknown) => reason,
  );
  assert.ok(isServiceError(error), String(error));
  return `${error.code} ${error.message}`;
}

suite('addresses that are refused', () => {
  for (const [address, problem] of [
    ['cat.png', /it is no URL/],
    ['http://', /it is no URL/],
    ['file:///etc/passwd', /only http and https/],
    ['ftp://example.com/a', /only http and https/],
    ['data:text/plain,hello', /only http and https/],
    ['gopher://127.0.0.1:6379/_x', /only http and https/],
    ['http://user:secret@example.com/', /a user name or a password/],
    [`http://example.com/${'a'.repeat(3000)}`, /has 3019 characters/],
  ] as const) {
    test(address.slice(0, 40), async () => {
      const said = await failureOf(get(address));
      assert.match(said, /^URL_REFUSED /);
      assert.match(said, problem);
      assert.doesNotMatch(said, /secret/);
    });
  }

  for (const host of [
    '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '017700000001', '0', '10.1.2.3',
    '169.254.169.254', '2852039166', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[fe80::1]', '[fd00:ec2::254]',
    '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '１２７.0.0.1', '127。0。0。1', 'localhost', 'LOCALHOST.', 'a.localhost',
  ]) {
    test(`http://${host}/ by whatever it is written`, async () => {
      const resolve = () => Promise.resolve(['127.0.0.1', '::1']);
      assert.match(await failureOf(get(`http://${host}/`, { resolve })), /^URL_REFUSED .* leads to no public address/);
    });
  } // biome-ignore format: a table reads as a table

  test('a name that leads inside is refused in the words that one is which leads nowhere', async () => {
    const [inner, none, slow] = await Promise.all(
      [async () => ['10.0.0.7'], async () => [], () => Promise.reject(new Error('ENOTFOUND'))].map((resolve) =>
        failureOf(get('http://name.example/', { resolve })),
      ),
    );
    assert.deepEqual([none, slow], [inner, inner]);
  });

  test('a name that means an allowed address first and an inner one a moment later is asked for once', async () => {
    await using web = await start((_, response) => response.end('secret'));
    let asked = 0;
    const resolve = async () => (asked++ === 0 ? ['127.0.0.2'] : ['127.0.0.1']);
    const fetching = get(`http://name.example:${web.port}/`, { resolve, allowed: ['127.0.0.2'] });
    assert.match(await failureOf(fetching), /^URL_FAILED .* the connection failed/);
    assert.deepEqual([asked, web.asked.length], [1, 0]);
  });

  test('of several addresses of a name only those are connected to that may be', async () => {
    await using web = await start((_, response) => response.end('allowed'));
    const resolve = async () => ['10.9.9.9', '127.0.0.1', '::1'];
    const { text } = await get(`http://name.example:${web.port}/`, { resolve, allowed: ['127.0.0.1'] });
    assert.equal(text, 'allowed');
    assert.equal(web.asked[0]?.headers.host, `name.example:${web.port}`);
  });
});

suite('redirects', () => {
  test('are followed five times and no more', async () => {
    await using web = await start(({ url = '' }, response) => {
      const left = Number(url.slice(1));
      left === 0 ? response.end('there') : response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    assert.equal((await get(`${web.url}/5`, { allowed: loopback })).text, 'there');
    const said = await failureOf(get(`${web.url}/6`, { allowed: loopback }));
    assert.match(said, /^URL_FAILED .* leads on more than 5 times/);
  });

  for (const location of [
    'http://10.1.2.3/',
    'http://[::1]/',
    'http://0x0a.1/',
    '//169.254.169.254/latest/meta-data/',
  ]) {
    test(`to ${location} are refused, and nothing is said of where they led`, async () => {
      await using web = await start((_, response) => response.writeHead(307, { location }).end());
      const said = await failureOf(get(`${web.url}/start`, { allowed: ['127.0.0.1'] }));
      assert.match(said, /^URL_REFUSED http:\/\/127\.0\.0\.1:\d+\/start is not fetched: it leads to no public address/);
    });
  }

  test('to another scheme, to a password, or from https to http are refused', () => {
    const from = checkAddress('https://example.com/a');
    for (const [location, problem] of [
      ['file:///etc/passwd', /only http and https|without it/],
      ['http://example.com/a', /from https to an address without it/],
      ['https://me:secret@example.com/', /a user name or a password/],
      ['https://[', /no URL/],
    ] as const) {
      assert.throws(() => checkRedirect(from, from, location), problem, location);
    }
    assert.equal(checkRedirect(from, from, '../b?c').href, 'https://example.com/b?c');
  });
});

suite('what is fetched', () => {
  test('comes with the media type of the server and the name in the address', async () => {
    await using web = await start(({ url = '' }, response) => {
      if (url.startsWith('/cats')) return response.writeHead(301, { location: '/9f86d0' }).end();
      response.writeHead(200, { 'content-type': 'image/png' }).end('pixels');
    });
    const fetched = await get(`${web.url}/cats/my%20cat.png?size=3`, { allowed: loopback });
    assert.deepEqual(fetched, { mediaType: 'image/png', name: 'my cat.png', text: 'pixels' });
  });

  test('is asked for as anybody would, without cookies, and plain', async () => {
    await using web = await start(({ url }, response) => {
      response.setHeader('set-cookie', 'session=1');
      url === '/' ? response.writeHead(302, { location: '/next' }).end() : response.end();
    });
    await get(web.url, { allowed: loopback });
    for (const { headers, method } of web.asked) {
      const { host, connection, ...rest } = headers;
      assert.deepEqual(
        [method, rest],
        ['GET', { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'bentots' }],
      );
    }
    assert.equal(web.asked.length, 2);
  });

  test('is given up once it is larger than the limit, whether or not the server says so first', async () => {
    let open = 0;
    const closed = Promise.withResolvers<void>();
    await using web = await start(({ url, socket }, response) => {
      open++;
      socket.once('close', () => --open === 0 && web.asked.length === 2 && closed.resolve());
      if (url === '/said') response.setHeader('content-length', 1e9);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', write);
      };
      write();
    });
    let bytes = 0;
    const options = { allowed: loopback, maxBytes: 100_000, sink: (chunk: Uint8Array) => (bytes += chunk.length) };
    for (const path of ['/said', '/unsaid']) {
      const said = await failureOf(get(web.url + path, options));
      assert.match(said, /^URL_FAILED .* larger than the limit of 100000 bytes/);
      assert.ok(bytes <= 100_000, `${path}: ${bytes}`);
    }
    await closed.promise; // the connections are not left to the server
  });

  test('waits for whoever takes it', async () => {
    await using web = await start((_, response) => response.end(Buffer.alloc(8 * 65_536)));
    let [busy, most] = [0, 0];
    const sink = async () => {
      most = Math.max(most, ++busy);
      await new Promise(setImmediate);
      busy--;
    };
    await get(web.url, { allowed: loopback, sink });
    assert.equal(most, 1);
  });

  test('and what the taker throws comes back as it is', async () => {
    await using web = await start((_, response) => response.end('x'));
    const full = new Error('the disk is full');
    const sink = () => Promise.reject(full);
    await assert.rejects(get(web.url, { allowed: loopback, sink }), full);
  });

  for (const [what, answer, problem] of [
    ['an answer that is no file', (r: ServerResponse) => r.writeHead(404).end('no'), /the answer is 404, and not 200/],
    ['a redirect to nowhere', (r: ServerResponse) => r.writeHead(302).end(), /the answer is 302/],
    ['part of a file', (r: ServerResponse) => r.writeHead(206).end('part'), /the answer is 206/],
    ['what swells', (r: ServerResponse) => r.writeHead(200, { 'content-encoding': 'gzip' }).end(), /is compressed/],
    ['a connection that breaks', (r: ServerResponse) => r.write('x', () => r.destroy()), /ended before its answer/],
    [
      'a flood of headers',
      (r: ServerResponse) => r.setHeader('x', 'y'.repeat(20_000)).end(),
      /no HTTP that can be read/,
    ],
  ] as const) {
    test(`${what} is an error that says so`, async () => {
      await using web = await start((_, response) => void answer(response));
      const said = await failureOf(get(`${web.url}/a?key=secret`, { allowed: loopback }));
      assert.match(said, /^URL_FAILED http:\/\/127\.0\.0\.1:\d+\/a could not be fetched: /);
      assert.match(said, problem);
    });
  }

  test('a port at which nobody listens is an error that says so', async () => {
    const gone = await start(() => {});
    await gone[Symbol.asyncDispose]();
    assert.match(await failureOf(get(gone.url, { allowed: loopback })), /^URL_FAILED .* the connection failed/);
  });

  test('something that is not HTTP is an error that says so', async () => {
    const sockets: Socket[] = [];
    const server = createSocketServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const said = await failureOf(get(`http://127.0.0.1:${port}/`, { allowed: loopback }));
    for (const socket of sockets) socket.destroy();
    server.close();
    assert.match(said, /^URL_FAILED .* no HTTP that can be read/);
    assert.doesNotMatch(said, /SSH/);
  });
});

suite('a fetch ends', () => {
  test('when all of it takes too long, however many bytes still come', async () => {
    await using web = await start((_, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(timer));
    });
    const said = await failureOf(get(web.url, { allowed: loopback, timeoutMs: 300 }));
    assert.match(said, /^URL_FAILED .* took longer than 300 ms/);
  });

  test('when a name is not resolved in time', async () => {
    const resolve = () => new Promise<string[]>(() => {});
    const said = await failureOf(get('http://name.example/', { resolve, timeoutMs: 100 }));
    assert.match(said, /^URL_FAILED .* took longer than 100 ms/);
  });

  test('when whoever asked for it leaves, and the connection with it', async () => {
    const leaving = new AbortController();
    const closed = Promise.withResolvers<void>();
    await using web = await start(({ socket }, response) => {
      socket.once('close', () => closed.resolve());
      response.write('begun');
    });
    const reason = new Error('left');
    const options = { allowed: loopback, signal: leaving.signal, sink: () => leaving.abort(reason) };
    await assert.rejects(get(web.url, options), reason);
    await closed.promise;
    await assert.rejects(get(web.url, { allowed: loopback, signal: AbortSignal.abort(reason) }), reason);
  });
});
