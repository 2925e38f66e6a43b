/** How JSON and bodies of no known type are read: rows 24 to 32 and 41 to 43 of the checklist. */
import { gzipSync } from 'node:zlib';
import type { Case } from './case.ts';
import { json, post, toCases } from './http-case.ts';

const gzipped = { ...json, 'content-encoding': 'gzip' };

/** All of them. */
export const jsonCases: readonly Case[] = toCases([
  { ...post('/add', { a: 1, b: 2 }), id: '24', what: 'a JSON object', status: 200 },
  { ...post('/add', { a: 1, c: 2 }), id: '24.extra', what: 'a key too many, and a default', status: 200 },
  { ...post('/text'), id: '25', what: 'no body and no type where all have defaults', status: 200 },
  { ...post('/text', '', json), id: '25.empty', what: 'an empty JSON body', status: 200 },
  ...['application/xml', 'application/octet-stream', 'text/plain', 'image/png', 'nonsense'].map((type) => ({
    ...post('/add', '{"a":1}', { 'content-type': type }),
    id: `26.${type}`,
    what: `JSON that says it is ${type}`,
    status: 200,
  })),
  {
    ...post('/add', '{"a":1}', { 'content-type': 'application/json; charset=utf-8' }),
    id: '27',
    what: 'a charset',
    status: 200,
  },
  { ...post('/text?text=query', {}), id: '28', what: 'a query sets no input', status: 200 },
  { ...post('/add', { a: '12' }), id: '29.text', what: '"12" for an integer', status: 200 },
  { ...post('/add', { a: 1.5 }), id: '29.fraction', what: '1.5 for an integer', status: 400 },
  { ...post('/add', { a: null }), id: '29.null', what: 'null for an integer', status: 400 },
  { ...post('/add', '{"a":12,"b":3.0}', json), id: '29.whole', what: '3.0 is an integer', status: 200 },
  { ...post('/text', { text: 12 }), id: '29.number', what: 'a number for a string', status: 400 },
  { ...post('/add', '{"a":', json), id: '30', what: 'malformed JSON', status: 400 },
  { ...post('/add', [1, 2]), id: '30.array', what: 'an array for named parameters', status: 400 },
  { ...post('/scale', { a: 'x', b: 'y' }), id: '31', what: 'two bad fields are both told', status: 400 },
  { ...post('/greet', { person: { name: 1 } }), id: '31.nested', what: 'where a nested value is wrong', status: 400 },
  {
    ...post('/people', { count: 'x' }),
    id: '31.default',
    what: 'a wrong value in the place of a default',
    status: 400,
  },
  {
    ...post('/add', 'x', { 'content-type': 'application/vnd.bentoml+pickle' }),
    id: '32',
    what: 'a pickle',
    status: 415,
  },
  {
    ...post('/add', '8\r\n{"a":1,\n\r\n6\r\n"b":2}\r\n0\r\n\r\n', { ...json, 'transfer-encoding': 'chunked' }),
    id: '41',
    what: 'a chunked body',
    status: 200,
  },
  {
    ...post('/add', { a: 1 }, { expect: '100-continue' }),
    id: '41.expect',
    what: 'Expect: 100-continue',
    status: 200,
    sees: ({ interim }) => ({ interim }),
  },
  {
    ...post('/add', gzipSync('{"a":1}'), gzipped),
    id: '42',
    what: 'a body that is compressed',
    status: 400,
  },
  { ...post('/bytesIn', { data: 'AAEC' }), id: '24.bytes', what: 'bytes in JSON', status: 200 },
  { ...post('/double', { numbers: [1, 2, 3] }), id: '43', what: 'a list for a method that batches', status: 200 },
  {
    ...post('/double', { numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9] }),
    id: '43.many',
    what: 'more than a batch holds',
    status: 200,
  },
  { ...post('/double', { numbers: [] }), id: '43.none', what: 'an empty list', status: 200 },
]);
