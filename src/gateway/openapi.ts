/** A service → its OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.0 */
import { answerFormsOf } from '../io/answer.ts';
import { mediaTypeKeyword } from '../io/media-type.ts';
import { framesMediaType, lineMediaTypes, streamForms } from '../io/stream-form.ts';
import { inflowOf } from '../spec/inflow.ts';
import { itemsOf, membersOf, takesAddress } from '../spec/members.ts';
import { never } from '../spec/never.ts';
import { type Definitions, definitionsOf, traitsOf } from '../spec/schema-parts.ts';
import type { ApiSpec, BodyForm, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { type ErrorAnswers, errorSchema, hasRanges, requestIdHeader, toErrorAnswers } from './openapi-errors.ts';
import { createSchemaCollection, type SchemaCollection } from './openapi-schemas.ts';
import { otherMediaTypes } from './request-media-types.ts';

const apiTag = 'Service APIs';
const serverTag = 'Infrastructure';

/**
 * The document, made of plain data in an order that depends on the service alone. It has what callers can call and what
 * they can be answered; of errors only those that a request to the route can meet.
 */
export function toOpenApi(spec: ServiceSpec): JsonSchema {
  const schemas = createSchemaCollection(['Error']);
  const errors = toErrorAnswers(spec);
  const paths = Object.fromEntries([
    ...spec.apis.map((api) => [api.route, { post: toOperation(spec, api, schemas, errors) }]),
    ...Object.entries(serverOperations(errors)).map(([path, get]) => [path, { get }]),
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: spec.name,
      ...(spec.description === undefined ? {} : { description: spec.description }),
      version: 'not available', // as in the metrics: only what was built has a version
    },
    servers: [{ url: '.', description: 'where this document lies' }], // also behind a prefix
    tags: [
      { name: apiTag, description: 'The methods of the service.' },
      { name: serverTag, description: 'What the server says of itself.' },
    ],
    paths,
    components: {
      schemas: { ...schemas.components(), Error: errorSchema(errors.codes) },
      responses: errors.components,
      parameters: { 'x-request-timeout-ms': timeoutParameter(spec) },
      headers: {
        'x-bentoml-request-id': {
          description: 'Id of the request; the lines that the server logs about it carry it.',
          schema: { type: 'string', pattern: '^[0-9a-f]{16}$' },
        },
        'x-bentoml-stream': {
          description: 'Present where the items are Server-Sent Events.',
          schema: { type: 'string', const: 'sse' },
        },
        'retry-after': {
          description: 'After how many seconds the same request may succeed.',
          schema: { type: 'integer', minimum: 0 },
        },
      },
    },
  };
}

function toOperation(spec: ServiceSpec, api: ApiSpec, schemas: SchemaCollection, errors: ErrorAnswers): JsonSchema {
  const success = toSuccess(api, schemas);
  return {
    operationId: `${spec.name}__${api.name}`, // the underscores keep it apart from the server's own, whatever the names
    'x-bentoml-name': api.name,
    tags: [apiTag],
    ...toWords(api.description),
    ...(api.isDeprecated === true ? { deprecated: true } : {}),
    parameters: [{ $ref: '#/components/parameters/x-request-timeout-ms' }],
    ...toRequestBody(api, schemas),
    responses: {
      200: success,
      ...(hasRanges(api) ? { 206: { ...success, description: 'The part of the file that `Range` asks for.' } } : {}),
      ...(api.takesContext || api.kind === 'response'
        ? Object.fromEntries(
            ['2XX', '3XX'].map((status) => [status, { ...success, description: chosenStatus(success) }]),
          )
        : {}),
      ...errors.of.call,
    },
  };
}

/** A method with a context may choose any status that is no error. */
function chosenStatus({ description }: { readonly description: string }): string {
  return `${description} The method chose the status.`;
}

/** The first sentence as the summary, and the whole text where there is more of it. */
function toWords(text: string | undefined): { summary?: string; description?: string } {
  if (text === undefined) return {};
  const paragraph = (text.split(/\n\s*\n/, 1)[0] ?? '').replace(/\s+/g, ' ').trim();
  const summary = /^.*?[.!?](?=\s+\p{Lu}|$)/u.exec(paragraph)?.[0] ?? paragraph;
  return summary === text ? { summary } : { summary, description: text };
}

function toRequestBody(api: ApiSpec, schemas: SchemaCollection): { requestBody?: JsonSchema } {
  if (api.parameters.length === 0) return {}; // nothing has to be sent
  return {
    requestBody: {
      required: api.parameters.some(({ isRequired }) => isRequired),
      content: {
        [requestMediaTypes[api.body]]: { schema: schemas.add(api.input) },
        ...toFormContent(api),
        ...Object.fromEntries(otherMediaTypes(api).map((mediaType) => [mediaType, {}])), // no words of JSON Schema fit
        ...toInflowContent(api, schemas),
      },
    },
  };
}

/** Where files are taken, the body may be a form. Their bytes have no words of JSON Schema; what is none is JSON. */
function toFormContent({ body, input }: ApiSpec): JsonSchema {
  if (body !== 'fields' || !traitsOf(input).takesAddresses) return {};
  const definitions = definitionsOf(input);
  const fields = Object.entries((input.properties ?? {}) as Readonly<Record<string, JsonSchema>>).map(
    ([name, schema]) => [name, toFormField(schema, definitions)] as const, // of an object with fields
  );
  return {
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, { words }]) => [name, words])),
        ...(input.required === undefined ? {} : { required: input.required }),
      },
      encoding: Object.fromEntries(
        fields.flatMap(([name, { isFile }]) => (isFile ? [] : [[name, { contentType: 'application/json' }]])),
      ),
    },
  };
}

function toFormField(
  { description, ...schema }: JsonSchema,
  definitions: Definitions,
): { readonly words: JsonSchema; readonly isFile: boolean } {
  const words = description === undefined ? {} : { description };
  const members = membersOf(schema, definitions);
  const file = members.find(takesAddress);
  if (file) return { words: { ...toBinary(file), ...words }, isFile: true };
  const item = members.flatMap((member) => itemsOf(member, definitions)).find(takesAddress);
  return { words: item ? { type: 'array', items: toBinary(item), ...words } : words, isFile: item !== undefined };
}

function toBinary({ [mediaTypeKeyword]: mediaType }: JsonSchema): JsonSchema {
  return { type: 'string', format: 'binary', ...(mediaType === undefined ? {} : { [mediaTypeKeyword]: mediaType }) };
}

/** How the items of an argument are sent one by one. */
function toInflowContent(api: ApiSpec, schemas: SchemaCollection): JsonSchema {
  const inflow = inflowOf(api);
  if (!inflow) return {};
  const item = {
    'x-item-schema': schemas.add(inflow.item), // as of a stream that is answered
    ...(inflow.others ? { 'x-first-item-schema': schemas.add(inflow.others) } : {}),
  };
  return {
    ...Object.fromEntries(lineMediaTypes.map((mediaType) => [mediaType, { schema: { type: 'string' }, ...item }])),
    [framesMediaType]: item,
    ...(inflow.takesPieces ? { 'application/octet-stream': {} } : {}),
  };
}

/** What a method takes whole as text or bytes, it takes under any type. */
const requestMediaTypes: Readonly<Record<BodyForm, string>> = {
  fields: 'application/json',
  json: 'application/json',
  text: 'text/plain',
  bytes: 'application/octet-stream',
  file: 'application/octet-stream',
};

function toSuccess(api: ApiSpec, schemas: SchemaCollection): { readonly description: string } & JsonSchema {
  const schema = schemas.add(api.output.schema);
  switch (api.kind) {
    case 'unary':
      return {
        description: 'What the method returns.',
        headers: requestIdHeader,
        content: Object.fromEntries(
          answerFormsOf(api.output.schema).map(({ mediaType, takes, keeps }) => [
            mediaType.replace(/;.*/, ''),
            takes || keeps ? {} : { schema }, // bytes have no schema
          ]),
        ),
      };
    case 'stream':
      return {
        description: streamDescription,
        headers: { ...requestIdHeader, 'x-bentoml-stream': { $ref: '#/components/headers/x-bentoml-stream' } },
        content: Object.fromEntries(
          streamForms.map(({ mediaType, end }) => [
            mediaType.replace(/;.*/, ''),
            // OpenAPI 3.1 has no word for the type of an item; 3.2 calls it `itemSchema`. Bytes have no schema.
            { ...(typeof end === 'string' ? { schema: { type: 'string' } } : {}), 'x-item-schema': schema },
          ]),
        ),
      };
    case 'response':
      return {
        description: 'What the method answers: status, headers and media type are its own.',
        headers: requestIdHeader,
        content: { '*/*': {} },
      };
    default:
      return never(api);
  }
}

const streamDescription = `The items, one after the other; \`x-item-schema\` says what one of them is. \`Accept\` chooses the form:

- \`text/event-stream\`, and then with the header \`x-bentoml-stream: sse\`: Server-Sent Events. The data of an event is one item as JSON. The last event is \`end\`, or \`error\` with the body of an error.
- \`application/x-ndjson\` or \`application/jsonl\`: a line of JSON for each item. A stream that fails is cut, after a line that begins with U+001E and has the body of an error.
- \`application/vnd.bentots.frames\`: one frame for each item: its kind in a byte (0 JSON, 1 bytes, 3 the end, 4 the body of an error), its length in four, little-endian, then so many bytes.
- Anything else: one HTTP chunk for each item, a string as it is and anything else as JSON. A stream that fails is cut.`;

function timeoutParameter({ settings }: ServiceSpec): JsonSchema {
  return {
    name: 'x-request-timeout-ms',
    in: 'header',
    required: false,
    description: `How long the caller waits for the first answer, in milliseconds; more than ${settings.traffic.timeoutMs} counts as that. Later the answer is 504.`,
    schema: { type: 'number', exclusiveMinimum: 0 },
  };
}

function serverOperations(errors: ErrorAnswers): Readonly<Record<string, JsonSchema>> {
  const { liveness, readiness, schema, metrics } = errors.of;
  const operation = (operationId: string, summary: string, success: JsonSchema, failures: JsonSchema): JsonSchema => ({
    operationId,
    tags: [serverTag],
    summary,
    responses: { 200: success, ...failures },
  });
  const yes = { description: 'It is so.', content: { 'text/plain': { schema: { type: 'string', const: '\n' } } } };
  return {
    '/livez': operation('livez', 'Whether the server is of use.', yes, liveness),
    '/healthz': operation('healthz', 'Whether the server is of use.', yes, liveness),
    '/readyz': operation('readyz', 'Whether all workers are ready.', yes, readiness),
    '/metrics': operation(
      'metrics',
      'Metrics for Prometheus.',
      { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
      metrics,
    ),
    '/schema.json': operation(
      'schema',
      'The methods with their schemas, as clients of BentoML read them.',
      { description: 'The document.', content: { 'application/json': { schema: { type: 'object' } } } },
      schema,
    ),
  };
}
