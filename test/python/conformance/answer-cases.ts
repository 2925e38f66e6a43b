/** How values and streams are answered: rows 44 to 48 and 50 to 57 of the checklist. */
import type { Answer } from './ask.ts';
import type { Case } from './case.ts';
import { chunksOf, documentsOf, json, post, toCases } from './http-case.ts';

/** All of them. */
export const answerCases: readonly Case[] = toCases([
  {
    ...post('/text', { text: 'é "q"' }),
    id: '44',
    what: 'a text is not quoted',
    status: 200,
    headersOf: ['content-length'],
  },
  { ...post('/text', { text: '' }), id: '44.empty', what: 'an empty text', status: 200, headersOf: ['content-length'] },
  ...['truth', 'ratio', 'nothing'].map((name) => ({
    ...post(`/${name}`),
    id: `45.${name}`,
    what: `JSON of ${name}`,
    status: 200,
  })),
  { ...post('/pair', { pair: [1, 'x'] }), id: '45.tuple', what: 'a tuple', status: 200 },
  { ...post('/counts', { counts: { a: 1, é: 2 } }), id: '45.record', what: 'a record', status: 200 },
  { ...post('/anything', { value: { a: [null, 1.5] } }), id: '45.any', what: 'anything', status: 200 },
  { ...post('/when'), id: '45.date', what: 'a date', status: 200 },
  { ...post('/later', { when: '2020-01-02T03:04:05Z' }), id: '45.later', what: 'a date as input', status: 200 },
  { ...post('/greet', { person: { name: 'é' } }), id: '46', what: 'a model with its defaults', status: 200 },
  { ...post('/people'), id: '46.list', what: 'a list of models', status: 200 },
  { ...post('/bytesOut'), id: '47', what: 'bytes', status: 200 },
  {
    ...post('/anyTensor', {
      x: [
        [1, 2],
        [3, 4],
      ],
    }),
    id: '48',
    what: 'a tensor is nested arrays',
    status: 200,
  },
  { ...post('/holes'), id: '48.nan', what: 'NaN in a tensor is null', status: 200 },
  {
    ...post('/fileOut', { name: 'a.txt', content: '0123456789' }),
    id: '50',
    what: 'a file to be saved',
    status: 200,
    headersOf: ['content-disposition', 'accept-ranges', 'content-length'],
  },
  {
    ...post('/fileOut', { name: 'a.png', content: '0123456789' }),
    id: '50.inline',
    what: 'a picture to be shown',
    status: 200,
    headersOf: ['content-disposition'],
  },
  {
    ...post('/fileOut', { name: 'é f.txt', content: '0123456789' }),
    id: '50.name',
    what: 'a name beyond ASCII',
    status: 200,
    headersOf: ['content-disposition'],
  },
  {
    ...post('/fileOut', { name: 'a.txt', content: '0123456789' }, { ...json, range: 'bytes=2-4' }),
    id: '50.range',
    what: 'a part of a file',
    status: 206,
    headersOf: ['content-range', 'content-length'],
  },
  {
    ...post('/fileOut', { name: 'a.txt', content: '0123456789' }, { ...json, range: 'bytes=20-' }),
    id: '50.beyond',
    what: 'a part beyond the end of a file',
    status: 416,
    headersOf: ['content-range'],
    sees: () => ({}),
  },
  { ...post('/soundOut'), id: '50.declared', what: 'a file with a declared media type', status: 200 },
  ...(
    [
      ['/add', { a: 1 }, 200],
      ['/add', {}, 400],
      ['/crash', {}, 500],
    ] as const
  ).map(([path, body, status]) => ({
    ...post(path, body),
    id: `51.${status}`,
    what: `who answered and the id of the request, with ${status}`,
    status,
    headersOf: ['server'],
    sees: ({ headers }: Answer) => ({ hasId: /^[0-9a-f]{16}$/.test(headers['x-bentoml-request-id'] ?? '') }),
  })),
  {
    ...post('/wait', {}, { ...json, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }),
    id: '52',
    service: 'Narrow',
    what: "the trace of the caller's own",
    status: 400,
    headersOf: ['x-bentoml-trace-id'],
  },
  {
    ...post('/context', {}, { ...json, 'x-yours': 'yours' }),
    id: '53',
    what: 'status, header and cookie of the context',
    status: 201,
    headersOf: ['x-mine'],
    sees: ({ headers }) => ({ cookie: headers['set-cookie']?.toLowerCase().split('; ').sort().join('; ') }),
  },
  {
    ...post('/direct'),
    id: '53.direct',
    what: 'an answer that is made by the method',
    status: 202,
    headersOf: ['x-mine', 'server'],
  },
  { ...post('/words'), id: '54', what: 'a stream of texts, one chunk each', status: 200, sees: chunksOf },
  { ...post('/blobs'), id: '54.bytes', what: 'a stream of bytes', status: 200, sees: chunksOf },
  { ...post('/empty'), id: '54.empty', what: 'an empty stream', status: 200, sees: chunksOf },
  { ...post('/dicts'), id: '55', what: 'a stream of objects, one chunk each', status: 200, sees: documentsOf },
  { ...post('/models'), id: '55.models', what: 'a stream of models', status: 200, sees: documentsOf },
  { ...post('/breaks', { after: 0 }), id: '56', what: 'an error before the first item', status: 400 },
  { ...post('/breaks', { after: 2 }), id: '56.later', what: 'an error after two items', status: 200, sees: chunksOf },
  {
    ...post('/slow'),
    id: '57',
    what: 'a stream that lasts longer than the timeout',
    status: 200,
    sees: chunksOf,
  },
]);
