/** Tables: rows, columns, CSV and Arrow, both ways. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as arrow from 'apache-arrow';
import { Table } from 'bentots';
import { type Started, start } from './start.ts';

let tables: Started;
before(async () => {
  tables = await start('tables');
});
after(() => tables[Symbol.asyncDispose]());

const rows = [
  { street: 'A', rooms: 3, area: 70.5, isSold: true, built: '1999-01-01T00:00:00.000Z', tags: ['a', 'b'] },
  { street: 'B "back"', rooms: 0, area: null, isSold: false },
];
const columns = {
  street: ['A', 'B'],
  rooms: [3, 0],
  area: [70.5, null],
  isSold: [true, false],
  built: ['1999-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
};
const csv =
  'street,rooms,area,isSold,built,tags\r\nA,3,70.5,true,1999-01-01T00:00:00.000Z,"[""a"",""b""]"\r\n"B ""back""",0,,false,,\r\n';
const stream = 'application/vnd.apache.arrow.stream';

async function send(path: string, body: NonNullable<RequestInit['body']>, type = 'application/json', accept = '*/*') {
  const headers = { 'content-type': type, accept };
  return fetch(`${tables.url}${path}`, { method: 'POST', headers, body });
}

async function jsonOf(answer: Promise<Response>) {
  const response = await answer;
  return (await response.json()) as { code?: string; error?: string; detail?: { loc: unknown; msg: string }[] };
}

suite('JSON', () => {
  test('rows go in and come out', async () => {
    assert.deepEqual(await jsonOf(send('/same', JSON.stringify({ houses: rows }))), rows);
  });

  test('columns go in, and the author has values of the declared types', async () => {
    assert.deepEqual(await jsonOf(send('/sum', JSON.stringify({ houses: columns, factor: 2 }))), {
      rooms: [6, 0],
      streets: ['A', 'B'],
      years: [1999, 2001],
      missing: 1,
    });
  });

  test('columns that are not declared are left out', async () => {
    const extended = rows.map((row) => ({ ...row, extra: 1 }));
    assert.deepEqual(await jsonOf(send('/same', JSON.stringify({ houses: extended }))), rows);
  });

  for (const [what, houses, loc, msg] of [
    ['a row', [{ ...rows[0], rooms: -1 }], ['houses', 0, 'rooms'], /at least 0/],
    ['a column', { ...columns, area: [1, 'x'] }, ['houses', 'area', 1], /must be number or null/],
    ['a row without a column', [{ street: 'A' }], ['houses', 0, 'rooms'], /is missing/],
    ['a table without a column', { ...columns, rooms: undefined }, ['houses', 'rooms'], /is missing/],
    ['columns of two lengths', { ...columns, rooms: [1] }, ['houses', 'rooms'], /has 1 values, but .* has 2/],
    ['a text', 'street', ['houses'], /must be an array or an object/],
  ] as const) {
    test(`${what} that does not fit is refused with its place`, async () => {
      const { code, detail } = await jsonOf(send('/same', JSON.stringify({ houses })));
      assert.equal(code, 'INVALID_INPUT');
      assert.deepEqual(detail?.[0]?.loc, loc);
      assert.match(detail?.[0]?.msg ?? '', msg);
    });
  }

  test('rows of which each has a name of its own are not made into columns that are empty', async () => {
    const sparse = Array.from({ length: 20_000 }, (_, at) => ({ [`c${at}`]: 1 }));
    const { code, error } = await jsonOf(send('/shape', JSON.stringify(sparse)));
    assert.equal(code, 'INVALID_INPUT');
    assert.match(error ?? '', /has 20000 values in 20000 rows of 20000 columns; send so sparse a table by columns/);
    assert.deepEqual(await jsonOf(send('/shape', JSON.stringify(sparse.slice(0, 3)))), [3, ['c0', 'c1', 'c2']]);
  });

  test('the typed client takes and gives tables', async () => {
    const client = tables.client as unknown as { same(houses: Table): Promise<Table<{ built?: Date; rooms: number }>> };
    const back = await client.same(Table.fromRows([{ ...rows[0], built: new Date(0) }]));
    assert.ok(back instanceof Table);
    assert.deepEqual([back.length, back.columns.rooms, back.row(0)?.built], [1, [3], new Date(0)]);
  });
});

suite('CSV', () => {
  test('goes in by the declared types, and comes out for who accepts it', async () => {
    assert.deepEqual(await jsonOf(send('/same', csv, 'text/csv; charset=utf-8')), rows);
    const answer = await send('/same', csv, 'text/csv', 'text/csv');
    assert.deepEqual(
      [answer.headers.get('content-type'), answer.headers.get('vary'), await answer.text()],
      ['text/csv; charset=utf-8', 'Accept', csv],
    );
  });

  test('is the whole body where that is one, with any columns', async () => {
    assert.deepEqual(await jsonOf(send('/shape', '\ufeffa,b\n1,2\n-3.5e1,+.5\n', 'text/csv')), [2, ['a', 'b']]);
    assert.deepEqual(await jsonOf(send('/shape', 'a\n', 'text/csv')), [0, []]);
  });

  test('has its names where a table has no rows', async () => {
    assert.equal(await (await send('/none', '{}', undefined, 'text/csv')).text(), 'a,b\r\n');
  });

  for (const [what, body, code, error] of [
    ['a quote that is not closed', 'a\n"1', 'MALFORMED_BODY', /not valid CSV: Quote Not Closed/],
    ['a row that is too long', 'a,b\n1,2,3', 'MALFORMED_BODY', /not valid CSV: Invalid Record Length/],
    ['two columns of one name', 'a,a\n1,2', 'MALFORMED_BODY', /two columns with the name "a"/],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0x0a, 0xff]), 'MALFORMED_BODY', /not valid UTF-8/],
    ['a text for a number', 'a\nx', 'INVALID_INPUT', /\[0\]\.a must be number, but is "x"/],
    ['a number without an end', 'a\n1e999', 'INVALID_INPUT', /\[0\]\.a must be number/],
    ['nothing for a number', 'a,b\n1,', 'INVALID_INPUT', /\[0\]\.b must be number, but is ""/],
  ] as const) {
    test(`${what} is refused`, async () => {
      const answer = await jsonOf(send('/shape', body, 'text/csv'));
      assert.equal(answer.code, code);
      assert.match(answer.error ?? '', error);
    });
  }

  test('for a method that takes more than one table is no JSON', async () => {
    assert.equal((await jsonOf(send('/join', 'id\n1', 'text/csv'))).code, 'MALFORMED_BODY');
  });

  test('what JSON may not have, a table may not have in its names and in its cells', async () => {
    const refused = /"__proto__" or a "constructor" with a "prototype"/;
    assert.match((await jsonOf(send('/shape', '__proto__,a\n1,2', 'text/csv'))).error ?? '', refused);
    assert.match((await jsonOf(send('/notes', 'constructor\n"{""prototype"":1}"', 'text/csv'))).error ?? '', refused);
    const nest = '['.repeat(1000) + ']'.repeat(1000);
    for (const cell of [nest, '{""__proto__"":1}']) {
      assert.equal((await jsonOf(send('/notes', `text,tags\na,"${cell}"`, 'text/csv'))).code, 'INVALID_INPUT');
    }
    assert.deepEqual(await jsonOf(send('/shape', 'constructor,toString\n1,2', 'text/csv')), [
      1,
      ['constructor', 'toString'],
    ]);
  });

  test('a text of many digits that is no number, or of many names, is read as fast as any', async () => {
    const digits = `street,rooms,area,isSold\nA,${'1'.repeat(200_000)}x,1,true`;
    assert.equal((await jsonOf(send('/same', digits, 'text/csv'))).code, 'INVALID_INPUT'); // in minutes, if by the square
    const names = Array.from({ length: 40_000 }, (_, at) => at.toString(36)).join();
    assert.deepEqual(await jsonOf(send('/shape', names, 'text/csv')), [0, []]);
  });
});

suite('Arrow', () => {
  const table = (of: Record<string, readonly unknown[]>, types: Record<string, arrow.DataType> = {}) =>
    new arrow.Table(
      Object.fromEntries(
        Object.entries(of).map(([name, values]) => [
          name,
          types[name] ? arrow.vectorFromArray(values, types[name]) : arrow.vectorFromArray(values),
        ]),
      ) as Record<string, arrow.Vector>,
    );
  const houses = table(
    { ...columns, rooms: [3, 0], built: columns.built.map((text) => Date.parse(text)) },
    { rooms: new arrow.Int32(), built: new arrow.TimestampMillisecond() },
  );

  for (const [type, form] of [
    [stream, 'stream'],
    ['application/vnd.apache.arrow.file', 'file'],
  ] as const) {
    test(`goes in as a ${form}`, async () => {
      const body = arrow.tableToIPC(houses, form) as Uint8Array<ArrayBuffer>;
      const { years, missing, streets } = (await jsonOf(send('/sum', body, type))) as Record<string, unknown>;
      assert.deepEqual([years, missing, streets], [[1999, 2001], 1, ['A', 'B']]);
    });
  }

  test('comes out with the declared types', async () => {
    const answer = await send('/same', JSON.stringify({ houses: rows }), undefined, stream);
    assert.equal(answer.headers.get('content-type'), stream);
    const back = arrow.tableFromIPC(new Uint8Array(await answer.arrayBuffer()));
    const types = back.schema.fields.map(({ name, type }) => `${name} ${type}`);
    assert.deepEqual(types, [
      'street Utf8', 'rooms Int64', 'area Float64', 'isSold Bool', 'built Timestamp<MILLISECOND, UTC>', 'tags Utf8',
    ]); // biome-ignore format: a list
    assert.deepEqual(
      ['street', 'rooms', 'area', 'built', 'tags'].map((name) => [...(back.getChild(name) ?? [])]),
      [
        ['A', 'B "back"'],
        [3n, 0n],
        [70.5, null],
        [Date.parse('1999-01-01'), null],
        ['["a","b"]', null],
      ],
    );
  });

  test('whole numbers of 64 bits and bytes are exact, there and back', async () => {
    const id = [2n ** 62n + 1n, -5n];
    const body = arrow.tableToIPC(
      table(
        { id, bytes: [Uint8Array.of(1, 2), new Uint8Array()] },
        { id: new arrow.Int64(), bytes: new arrow.Binary() },
      ),
    ) as Uint8Array<ArrayBuffer>;
    const answer = await send('/exact', body, stream, stream);
    const back = arrow.tableFromIPC(new Uint8Array(await answer.arrayBuffer()));
    assert.deepEqual([...(back.getChild('id') ?? [])], id);
    assert.deepEqual([...(back.getChild('bytes')?.get(0) ?? [])], [1, 2]);
  });

  test('bits and entries of a dictionary make no more values and texts than JSON could have', async () => {
    const bits = 2 ** 25;
    const bools = arrow.makeData({
      type: new arrow.Bool(),
      length: bits,
      nullCount: 0,
      data: new Uint8Array(bits / 8),
    });
    const texts = arrow.vectorFromArray(
      Array(1000).fill('y'.repeat(50_000)),
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()),
    );
    for (const [column, what] of [
      [new arrow.Vector([bools]), 'values'],
      [texts, 'characters'],
    ] as const) {
      const body = gzipSync(arrow.tableToIPC(new arrow.Table({ a: column as arrow.Vector }), 'stream'));
      const headers = { 'content-type': stream, 'content-encoding': 'gzip' };
      const answer = await jsonOf(fetch(`${tables.url}/shape`, { method: 'POST', headers, body }));
      assert.equal(answer.code, 'MALFORMED_BODY');
      assert.match(answer.error ?? '', new RegExp(`"a" has more ${what} than such a body may have`));
    }
  });

  test('a column that no object may have is refused', async () => {
    const named = new arrow.Table(Object.fromEntries([['__proto__', arrow.vectorFromArray([1])]]));
    const body = arrow.tableToIPC(named) as Uint8Array<ArrayBuffer>;
    assert.match((await jsonOf(send('/shape', body, stream))).error ?? '', /has the key "__proto__"/);
  });

  test('what is none, is cut, or is longer than its bytes is refused', async () => {
    const whole = Buffer.from(arrow.tableToIPC(houses, 'stream'));
    const endless = Buffer.from(arrow.tableToIPC(table({ a: [null, null] }, { a: new arrow.Null() })));
    // The length of the batch and of its column stand in it as two numbers of 64 bits.
    for (
      let at = endless.indexOf(Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]));
      at >= 0;
      at = endless.indexOf(Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), at + 8)
    ) {
      endless.writeBigInt64LE(2n ** 28n, at);
    }
    for (const [body, error] of [
      [Buffer.from('hello'), /is no Arrow data|must be|is missing/],
      [whole.subarray(0, whole.length / 2), /is no Arrow data|is missing/],
      [endless, /has more values than such a body may have/],
    ] as const) {
      const answer = await jsonOf(send('/shape', body, stream));
      assert.ok(['MALFORMED_BODY', 'INVALID_INPUT'].includes(answer.code ?? ''), JSON.stringify(answer));
      assert.match(answer.error ?? '', error);
    }
  });
});

test('Python clients read of a table what they know of a DataFrame', async () => {
  const { routes } = (await (await fetch(`${tables.url}/schema.json`)).json()) as {
    routes: { name: string; input: { properties: Record<string, object> }; output: object }[];
  };
  const same = routes.find(({ name }) => name === 'same') ?? assert.fail();
  const { type, orient, columns: names } = same.output as Record<string, unknown>;
  assert.deepEqual(
    [type, orient, names],
    ['dataframe', 'records', ['street', 'rooms', 'area', 'isSold', 'built', 'tags']],
  );
  assert.equal((same.input.properties.houses as { type: string }).type, 'dataframe');
});

test('the documents name the media types of tables', async () => {
  const { paths } = (await (await fetch(`${tables.url}/docs.json`)).json()) as {
    paths: Record<string, { post: { requestBody: { content: object }; responses: { 200: { content: object } } } }>;
  };
  const types = ['application/json', 'text/csv', stream];
  const post = paths['/same']?.post;
  assert.deepEqual(Object.keys(post?.responses[200].content ?? {}), types);
  assert.deepEqual(Object.keys(post?.requestBody.content ?? {}), [...types, 'application/vnd.apache.arrow.file']);
});

test('what is no table is refused as the result of a method that gives one', async () => {
  assert.equal((await jsonOf(send('/uneven', '{}'))).code, 'OUTPUT_INVALID');
});
