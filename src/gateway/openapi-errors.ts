/** The error answers of an OpenAPI document: which errors a caller can meet where, with the sentences they would say. */

import { serverOptions } from '../config/options.ts';
import { type ErrorBody, type ErrorCode, ServiceError, toAnswer } from '../errors.ts';
import { answerFormsOf } from '../io/answer.ts';
import { insideWords } from '../outbound/fetch-public.ts';
import { toPublicWords } from '../pool/exit-reason.ts';
import { inflowOf } from '../spec/inflow.ts';
import type { ApiSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { acceptedEncodings } from './bodies/inflate.ts';
import { toExcess } from './rate-limits.ts';

type Answers = Readonly<Record<string, JsonSchema>>;

/** Error answers, written once as components, and where each kind of operation refers to them. */
export interface ErrorAnswers {
  /** What stands under `components/responses`. */
  readonly components: Answers;
  /** References by status, for an operation of the kind. */
  readonly of: { readonly [Kind in 'call' | 'liveness' | 'readiness' | 'schema' | 'metrics']: Answers };
  /** Every code that a caller can meet. */
  readonly codes: readonly ErrorCode[];
}

/** The error answers of a service. */
export function toErrorAnswers(spec: ServiceSpec): ErrorAnswers {
  const request = toGroup('RequestError', errorsOfAnyRequest(), {});
  const call = toGroup('CallError', errorsOfCalls(spec), requestIdHeader);
  const liveness = toGroup('LivenessError', [new ServiceError('NOT_ALIVE', {})], {});
  const readiness = toGroup(
    'ReadinessError',
    [new ServiceError('NOT_READY', {}), crashLoopOf(spec.name), new ServiceError('STOPPING', {})],
    {},
  );
  const schema = toGroup('SchemaError', [new ServiceError('NOT_READY', {})], {});
  const metrics = toGroup('MetricsError', [new ServiceError('INTERNAL', {})], {});
  const others = {
    description: 'What the author of the service raises with `ApiError`: status, code and message are theirs.',
    headers: requestIdHeader,
    content: { 'application/json': { schema: errorReference } },
  };
  return {
    components: {
      ...request.components,
      ...call.components,
      CallError: others,
      ...liveness.components,
      ...readiness.components,
      ...schema.components,
      ...metrics.components,
    },
    of: {
      call: { ...request.references, ...call.references, default: { $ref: '#/components/responses/CallError' } },
      liveness: { ...request.references, ...liveness.references },
      readiness: { ...request.references, ...readiness.references },
      schema: { ...request.references, ...schema.references },
      metrics: { ...request.references, ...metrics.references },
    },
    codes: [...new Set([...request.codes, ...call.codes, ...liveness.codes])],
  };
}

/** The schema of every error's body. */
export function errorSchema(codes: readonly ErrorCode[]): JsonSchema {
  return {
    type: 'object',
    description: 'The body of every error answer.',
    properties: {
      error: { type: 'string', description: 'What went wrong, and what to do about it.' },
      code: {
        type: 'string',
        description: 'What to compare with: one of these, or a code of the author of the service.',
        examples: codes,
      },
      detail: {
        type: 'array',
        maxItems: 100,
        description: 'What is wrong with single values; for most errors empty.',
        items: {
          type: 'object',
          properties: {
            loc: {
              type: 'array',
              description: 'Where, as keys and indexes from the outermost value.',
              items: { type: ['string', 'integer'] },
            },
            msg: { type: 'string', description: 'What was wanted and what was seen.' },
            type: { type: 'string', description: 'The rule that was broken.' },
          },
          required: ['loc', 'msg', 'type'],
        },
      },
    },
    required: ['error', 'code', 'detail'],
  };
}

/** Headers of every answer that a method, or the way to it, gives. */
export const requestIdHeader = { 'x-bentoml-request-id': { $ref: '#/components/headers/x-bentoml-request-id' } };

const errorReference = { $ref: '#/components/schemas/Error' };

/** Before anybody looks at what the request is for. */
function errorsOfAnyRequest(): ServiceError[] {
  return [
    new ServiceError('BAD_REQUEST', { problem: 'it has no Host header' }),
    new ServiceError('REQUEST_TIMEOUT', { limitMs: serverOptions.requestTimeoutMs.default }),
    new ServiceError('EXPECTATION_FAILED', { expectation: '200-ok' }),
    new ServiceError('HEADERS_TOO_LARGE', { limitBytes: serverOptions.headerLimitBytes.default }),
  ];
}

/** Whether callers may ask for a part of what it gives. */
export function hasRanges({ kind, output }: ApiSpec): boolean {
  return kind === 'unary' && answerFormsOf(output.schema).some((form) => form.hasRanges);
}

/** On the way to a method and back. */
function errorsOfCalls({ name, settings, apis }: ServiceSpec): ServiceError[] {
  const { maxConcurrency, rateLimit } = settings.traffic;
  const limits = [{ owner: name, rateLimit }, ...apis.map((api) => ({ owner: `${name}.${api.name}`, ...api }))];
  const violation = { loc: ['texts', 0], msg: 'must be string, but is 1', type: 'type' };
  return [
    new ServiceError('BAD_REQUEST', { problem: 'it has no Host header' }),
    new ServiceError('MALFORMED_BODY', { problem: 'the body is not valid UTF-8' }),
    new ServiceError(
      'INVALID_INPUT',
      { problem: 'invalid input: texts[0] must be string, but is 1' },
      { detail: [violation] },
    ),
    new ServiceError('URL_REFUSED', { url: 'http://10.0.0.1/cat.png', problem: insideWords }),
    new ServiceError('URL_FAILED', { url: 'https://example.com/cat.png', problem: 'the answer is 404, and not 200' }),
    new ServiceError('BODY_TOO_LARGE', { limitBytes: serverOptions.jsonBodyLimitBytes.default }),
    ...(apis.some(inflowOf)
      ? [
          new ServiceError('ITEM_TIMEOUT', { limitMs: settings.traffic.timeoutMs }),
          new ServiceError('ITEM_TOO_LARGE', { where: 'line 2', limitBytes: serverOptions.itemLimitBytes.default }),
          new ServiceError('TOO_MANY_ITEMS', { limit: 1000 }),
        ]
      : []),
    new ServiceError('UNSUPPORTED_MEDIA_TYPE', {
      mediaType: 'application/vnd.bentoml+pickle',
      remedy: 'a pickle can run code; send application/json',
    }),
    ...(apis.some(hasRanges) ? [new ServiceError('RANGE_INVALID', { range: 'bytes=2000-', size: 1000 })] : []),
    new ServiceError('UNSUPPORTED_ENCODING', { encoding: 'compress', accepted: acceptedEncodings }),
    new ServiceError('FORM_TOO_LARGE', { problem: `more than ${serverOptions.formPartsLimit.default} parts` }),
    ...(maxConcurrency === undefined
      ? []
      : [new ServiceError('CONCURRENCY_EXCEEDED', { service: name, limit: maxConcurrency })]),
    ...limits.flatMap(({ owner, rateLimit }) => (rateLimit ? [toExcess(owner, rateLimit, undefined)] : [])).slice(0, 1),
    new ServiceError('METHOD_FAILED', {}),
    new ServiceError('OUTPUT_INVALID', {}),
    new ServiceError('INTERNAL', {}),
    new ServiceError('QUEUE_FULL', { service: name, limit: settings.traffic.maxQueue }),
    new ServiceError('OVERLOADED', { answerMs: settings.traffic.timeoutMs * 2, timeoutMs: settings.traffic.timeoutMs }),
    new ServiceError('MEMORY_LOW', {}),
    new ServiceError('SPOOL_FAILED', {}),
    new ServiceError('WORKER_LOST', {}),
    crashLoopOf(name),
    new ServiceError('NOT_READY', {}),
    new ServiceError('STOPPING', {}),
    new ServiceError('TIMEOUT', { timeoutMs: settings.traffic.timeoutMs }),
  ];
}

function crashLoopOf(service: string): ServiceError {
  const problem = toPublicWords({ kind: 'exit', code: 1 });
  const next = 'the next try is in 2.0 s';
  return new ServiceError('CRASH_LOOP', { service, count: 1, missing: 1, times: 4, problem, next });
}

interface Group {
  readonly components: Answers;
  readonly references: Answers;
  readonly codes: readonly ErrorCode[];
}

/** One component for each status of the errors. */
function toGroup(name: string, errors: readonly ServiceError[], headers: Readonly<Record<string, object>>): Group {
  const byStatus = Map.groupBy(errors, (error) => toAnswer(error).status);
  const statuses = [...byStatus].map(([status, some]) => ({ status, key: `${name}${status}`, some }));
  return {
    components: Object.fromEntries(statuses.map(({ key, some }) => [key, toComponent(some, headers)])),
    references: Object.fromEntries(
      statuses.map(({ status, key }) => [status, { $ref: `#/components/responses/${key}` }]),
    ),
    codes: errors.map(({ code }) => code),
  };
}

function toComponent(errors: readonly ServiceError[], headers: Readonly<Record<string, object>>): JsonSchema {
  const answers = errors.map((error) => toAnswer(error));
  const saysWhen = answers.some(({ status, retry }) => retry && (status === 503 || status === 429)); // as http/write.ts
  const allHeaders = {
    ...headers,
    ...(saysWhen ? { 'retry-after': { $ref: '#/components/headers/retry-after' } } : {}),
  };
  return {
    description: `The error ${answers.map(({ body }) => `\`${body.code}\``).join(' or ')}.`,
    ...(Object.keys(allHeaders).length === 0 ? {} : { headers: allHeaders }),
    content: {
      'application/json': {
        schema: errorReference,
        examples: Object.fromEntries(
          answers.map(({ body }): [string, { value: ErrorBody }] => [body.code, { value: body }]),
        ),
      },
    },
  };
}
