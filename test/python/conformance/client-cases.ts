/** What our client sees, of both servers: rows 89 to 91 of the checklist. */
import { createHash } from 'node:crypto';
import { Tensor } from 'bentots';
import { type Client, createClient, isCallError } from 'bentots/client';
import type { Case, Facets } from './case.ts';
import { png } from './images.ts';
import type { ServiceName } from './servers.ts';

type AnyClient = Client<unknown>;

interface Row {
  readonly id: string;
  readonly what: string;
  readonly service?: ServiceName;
  readonly known: Facets;
  see(client: AnyClient): unknown;
}

/** What came of it, and of an error what a caller can tell. */
async function attempt(see: () => unknown): Promise<Facets> {
  try {
    return { value: await show(await see()) };
  } catch (error) {
    if (!isCallError(error)) return { thrown: (error as Error).name };
    const { status, code, message, detail } = error;
    const isTheirs = code.startsWith('HTTP_') || status !== undefined; // one has codes, the other statuses alone
    return {
      status: status ?? null,
      code: isTheirs ? undefined : code,
      errorText: message.includes('meant for the caller') ? 'meant for the caller' : '',
      places: detail.map(({ loc }) => loc.join('.')).sort(),
    };
  }
}

/** A value as JSON. */
async function show(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return ['file', value.size, await digest(value)];
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('hex')];
  if (value instanceof Date) return value.toJSON();
  return Array.isArray(value) ? Promise.all(value.map(show)) : value;
}

async function digest(file: Blob): Promise<string> {
  return createHash('sha256')
    .update(new Uint8Array(await file.arrayBuffer()))
    .digest('hex');
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** One has tensors, the other nested arrays: the numbers are the same. */
function toNumbers(value: unknown): number[] {
  return value instanceof Tensor ? [...(value.data as Float64Array)] : (value as number[][]).flat();
}

const failed = (status: number | null, more: Facets = {}): Facets => ({
  status,
  errorText: '',
  places: [],
  ...more,
});
const person = { name: 'é', age: 3 };

const words = new File(['some words'], 'words.txt', { type: 'text/plain' });
const note = new File([Uint8Array.of(0, 255)], 'note.md');
const wordsSeen = {
  extension: '.txt',
  length: 10,
  sha256: '050777a35dcd48838062824126e60a0780dc322c5b1f84c3a32636cc7466b1b6',
};
const noteSeen = {
  extension: '.md',
  length: 2,
  sha256: '06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8',
};
const picture = new File([new Uint8Array(png)], 'a.png', { type: 'image/png' });

const rows: readonly Row[] = [
  {
    id: '89.positional',
    what: 'arguments by position',
    known: { value: 3 },
    see: (client) => client.$call('add', 1, 2),
  },
  { id: '89.default', what: 'an argument left out', known: { value: 2 }, see: (client) => client.$call('add', 1) },
  {
    id: '89.missing',
    what: 'an argument missing',
    known: { thrown: 'TypeError' },
    see: (client) => client.$call('add'),
  },
  {
    id: '89.many',
    what: 'an argument too many',
    known: { thrown: 'TypeError' },
    see: (client) => client.$call('add', 1, 2, 3),
  },
  {
    id: '89.nested',
    what: 'a model',
    known: { value: { name: 'é', age: 3, address: null } },
    see: (client) => client.$call('greet', person),
  },
  {
    id: '89.optional',
    what: 'an optional argument',
    known: { value: 'x' },
    see: (client) => client.$call('optional', 'x'),
  },
  { id: '89.tuple', what: 'a tuple', known: { value: ['x', 1] }, see: (client) => client.$call('pair', [1, 'x']) },
  { id: '89.record', what: 'a record', known: { value: { a: 1 } }, see: (client) => client.$call('counts', { a: 1 }) },
  { id: '89.nothing', what: 'nothing', known: { value: null }, see: (client) => client.$call('nothing') },
  { id: '89.text', what: 'a text', known: { value: 'é "q" 😀' }, see: (client) => client.$call('text', 'é "q" 😀') },
  { id: '89.empty', what: 'an empty text', known: { value: '' }, see: (client) => client.$call('text', '') },
  {
    id: '89.list',
    what: 'a list for a method that batches',
    known: { value: [2, 4, 6] },
    see: (client) => client.$call('double', [1, 2, 3]),
  },
  {
    id: '89.date',
    what: 'a date as input',
    known: { value: '1577934245' },
    see: (client) => client.$call('later', new Date('2020-01-02T03:04:05Z')),
  },
  { id: '89.bytes', what: 'bytes', known: { value: ['bytes', '0001feff'] }, see: (client) => client.$call('bytesOut') },
  {
    id: '89.body',
    what: 'bodies as a whole',
    known: { value: ['words é', 3, 'é'] },
    see: (client) =>
      Promise.all([
        client.$call('rootText', 'words é'),
        client.$call('rootList', [1, 2]),
        client.$call('rootModel', person),
      ]),
  },
  {
    id: '89.tensor',
    what: 'nested arrays for a tensor',
    known: { value: [6, 8, 10, 12] },
    see: async (client) =>
      toNumbers(
        await client.$call('anyTensor', [
          [6, 8],
          [10, 12],
        ]),
      ),
  },
  {
    id: '89.stream',
    what: 'a stream of texts',
    known: { value: 'abéc\n' }, // without events nothing says where one ends
    see: async (client) => (await collect(client.$call('words'))).join(''),
  },
  {
    id: '89.records',
    what: 'a stream of records',
    known: { value: [{ i: 0 }, { i: 1 }, { i: 2 }] },
    see: (client) => collect(client.$call('dicts', 3)),
  },
  {
    id: '89.blobs',
    what: 'a stream of bytes',
    known: { value: ['bytes', '00ff80'] },
    see: async (client) => Buffer.concat((await collect(client.$call('blobs'))) as Uint8Array[]),
  },
  {
    id: '89.file',
    what: 'a file',
    known: { value: { ...wordsSeen, note: '', number: 1 } },
    see: (client) => client.$call('file', words),
  },
  {
    id: '89.files',
    what: 'a list of files',
    known: { value: [noteSeen, wordsSeen] },
    see: (client) => client.$call('files', [note, words]),
  },
  {
    id: '89.picture',
    what: 'a picture',
    known: { value: [4, 6] },
    see: (client) => client.$call('picture', picture, 2),
  },
  {
    id: '89.given',
    what: 'an optional file',
    known: { value: true },
    see: (client) => client.$call('maybeFile', note),
  },
  {
    id: '89.whole',
    what: 'a file as the body',
    known: { value: 10 },
    see: async (client) => ((await client.$call('rootFile', words)) as { length: number }).length,
  },
  {
    id: '89.saved',
    what: 'a file as an answer',
    known: { value: ['a.csv', 'a,b'] },
    see: async (client) => {
      const file = (await client.$call('fileOut', 'a.csv', 'a,b')) as File;
      return [file.name, await file.text()];
    },
  },
  {
    id: '90.quoted',
    what: 'a file with a text that looks like a number',
    known: { value: { ...wordsSeen, note: '12', number: 7 } },
    see: (client) => client.$call('file', words, '12', 7),
  },
  {
    id: '90.nothing',
    what: 'an optional file that is left out',
    known: { value: false },
    see: (client) => client.$call('maybeFile'),
  },
  {
    id: '89.early',
    what: 'an error before the first item',
    known: failed(400),
    see: (client) => collect(client.$call('breaks', 0)),
  },
  ...[400, 404, 405, 418, 422].map(
    (status): Row => ({
      id: `89.${status}`,
      what: `a method that answers ${status}`,
      known: failed(status, { errorText: 'meant for the caller' }),
      see: (client) => client.$call('refuse', status),
    }),
  ),
  ...[401, 502, 503].map(
    (status): Row => ({
      id: `89.${status}`,
      what: `a method that answers ${status}`,
      known: failed(status),
      see: (client) => client.$call('refuse', status),
    }),
  ),
  {
    id: '89.520',
    what: 'a status that nobody knows',
    known: failed(520),
    see: (client) => client.$call('direct', 520),
  },
  { id: '89.500', what: 'a method that crashes', known: failed(500), see: (client) => client.$call('crash') },
  { id: '89.504', what: 'a method that takes too long', known: failed(504), see: (client) => client.$call('hang') },
  {
    id: '89.input',
    what: 'arguments of a wrong type',
    known: failed(400, { places: ['a', 'b'] }),
    see: (client) => client.$call('scale', 'x', 'y'),
  },
  {
    id: '89.unknown',
    what: 'a method that nobody knows',
    known: failed(null, { code: 'NOT_FOUND' }),
    see: (client) => client.$call('nope'),
  },
  {
    id: '90.split',
    what: 'characters that are split over chunks',
    known: { value: [300_000, true] },
    see: async (client) => {
      const text = (await collect(client.$call('large', 100_000, 3, 'é'))).join('');
      return [text.length, /^é+$/.test(text)];
    },
  },
];

/** All of them. */
export const clientCases: readonly Case[] = rows.map(({ id, what, service = 'Conformance', known, see }) => ({
  id,
  what,
  service,
  known,
  run: ({ url }) => attempt(() => see(createClient(url, { token: 'the-token' }))),
}));

/** The address with the prefix, in which the reference looks neither for its health nor for its schema. */
export const prefixCase: Case = {
  id: '91',
  what: 'a service with a prefix',
  service: 'Prefixed',
  known: { value: 3 },
  run: ({ url, isOurs }) => attempt(() => createClient(isOurs ? url : `${url}/api/v1`).$call('add', 1, 2)),
};
