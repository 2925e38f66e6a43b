/** What clients learn of a service: rows 12 to 20 of the checklist. */
import { ask } from './ask.ts';
import type { Case, Facets } from './case.ts';
import { get } from './http-case.ts';

type Json = Readonly<Record<string, unknown>>;

interface SchemaDocument extends Json {
  readonly routes: readonly (Json & { readonly name: string; readonly input: Json; readonly output: Json })[];
  readonly paths: Json;
}

interface OpenApiDocument extends Json {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<
    Record<
      string,
      { readonly post?: { readonly operationId: string; readonly requestBody?: { readonly content: Json } } }
    >
  >;
}

/** The methods that stand for a row. */
const methods: Readonly<Record<string, readonly string[]>> = {
  12: ['add', 'scale', 'text', 'form', 'counts', 'pair', 'anything', 'truth', 'ratio', 'double'],
  13: ['nothing'],
  14: ['optional', 'maybeFile'],
  15: ['greet'],
  16: ['rootText', 'rootList', 'rootModel', 'rootFile', 'rootImage', 'people'],
  17: [
    'file',
    'files',
    'sound',
    'soundOut',
    'picture',
    'pictures',
    'mirror',
    'fileOut',
    'tensor',
    'anyTensor',
    'choose',
    'bounded',
    'bytesIn',
    'bytesOut',
    'when',
    'later',
  ],
  18: ['words', 'dicts', 'models', 'blobs'],
};

function documentCase<T>(path: string, id: string, what: string, see: (document: T) => Facets): Case {
  return {
    id,
    what,
    service: 'Conformance',
    known: { status: 200 },
    async run({ url }) {
      const { status, headers, body } = await ask(url, get(path));
      return { status, type: headers['content-type'], ...see(JSON.parse(body.toString())) };
    },
  };
}

/** Without the words that only our own client reads, that are for people, or that say nothing. */
function withoutOwnWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOwnWords);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, inner]) => !/^(?:x-.*|title|description)$/.test(key) && !isVoid(key, inner),
  );
  return Object.fromEntries(kept.sort().map(([key, inner]) => [key, withoutOwnWords(inner)]));
}

/** What allows everything need not be said. */
function isVoid(key: string, schema: unknown): boolean {
  return /^(?:items|additionalProperties)$/.test(key) && ['true', '{}'].includes(JSON.stringify(schema));
}

function seeRoute(name: string): (document: SchemaDocument) => Facets {
  return ({ routes }) => {
    const { input, output, ...rest } = routes.find((route) => route.name === name) ?? { input: null, output: null };
    return { input: withoutOwnWords(input), output: withoutOwnWords(output), route: withoutOwnWords(rest) };
  };
}

const operationIdsOf = ({ paths }: OpenApiDocument) =>
  Object.values(paths).flatMap(({ post }) => post?.operationId ?? []);

/** All of them. */
export const discoveryCases: readonly Case[] = [
  documentCase<SchemaDocument>(
    '/schema.json',
    '12',
    'the keys of the document, and the order of the routes',
    (document) => ({
      keys: Object.keys(document).sort(),
      about: [document.name, document.type, document.description],
      order: document.routes.map(({ name }) => name),
    }),
  ),
  ...Object.entries(methods).flatMap(([row, names]) =>
    names.map((name) =>
      documentCase<SchemaDocument>('/schema.json', `${row}.${name}`, `the schemas of ${name}`, seeRoute(name)),
    ),
  ),
  documentCase<SchemaDocument>('/schema.json', '19', 'the paths', ({ paths }) => ({ paths: withoutOwnWords(paths) })),
  documentCase<OpenApiDocument>('/docs.json', '20', 'the OpenAPI document', (document) => ({
    version: document.openapi,
    servers: document.servers.map(({ url }) => url),
    methods: operationIdsOf(document).sort(),
    form: Object.keys(document.paths['/file']?.post?.requestBody?.content ?? {}),
    body: Object.keys(document.paths['/add']?.post?.requestBody?.content ?? {}),
  })),
];
