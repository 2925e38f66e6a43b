/** What a service is, as frozen data: everything else in the program reads this. */

import type { ImageData } from './image.ts';

/** A JSON Schema 2020-12 document or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Where something is written in the author's sources; lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One argument of a method, in its position. */
export interface ParameterSpec {
  /** Key in the request's JSON object. */
  readonly name: string;
  /** Whether a caller must send it; where it may be left out, JavaScript's own default applies. */
  readonly isRequired: boolean;
  /** The author's schema that its type is inferred from, and that the worker runs. */
  readonly from?: SchemaSource;
}

/** A schema that is a value in the author's code, and how to get at it. */
export interface SchemaSource {
  /** Absolute path of the module that exports it. */
  readonly file: string;
  /** Name of the export, and of properties inside it. */
  readonly path: readonly string[];
  /** Whether the method gets what the schema gives (`z.output`), or what was sent (`z.input`). */
  readonly gives: 'input' | 'output';
}

/**
 * How the body of a request becomes the arguments: as a JSON object with the parameters as its `fields`; or whole, as the
 * one argument, from a `json` document, from UTF-8 `text`, from `bytes` as they are, or from bytes with the media type of
 * the request, as a `file`.
 */
export type BodyForm = 'fields' | 'json' | 'text' | 'bytes' | 'file';

/** What a method gives back. */
export interface OutputSpec {
  /** Schema of the value, or of one item of a stream. */
  readonly schema: JsonSchema;
  /** What the gateway checks instead where the author's own schema has run in the worker. */
  readonly checked?: JsonSchema;
}

/** What is measured of items. */
export interface Measure {
  /** Place of the parameter. */
  readonly at: number;
  /** Names of fields inside each item. */
  readonly fields: readonly string[];
  readonly by: 'length' | 'value';
}

/** How the requests of a method are batched. */
export interface BatchingSpec {
  /** Places of the parameters that hold the items; the others are the same for all requests of a batch. */
  readonly places: readonly number[];
  /** Dimension along which tensors hold the items, and the one of the result. */
  readonly inputDim: number;
  readonly outputDim: number;
  /** Items of a batch at most. */
  readonly maxBatchSize: number;
  readonly maxLatencyMs: number;
  readonly maxWaitMs: number;
  readonly bucketBy?: Measure & { readonly edges: readonly number[] };
  readonly costOf?: Measure;
  readonly onBatchError: 'fail' | 'bisect';
  /** Words of `x-priority`, the most urgent first. */
  readonly priorities: readonly string[];
}

interface ApiBase {
  /** Name of the author's method. */
  readonly name: string;
  /** Path that callers POST to; begins with a slash. */
  readonly route: string;
  readonly description?: string;
  readonly isDeprecated?: boolean;
  readonly body: BodyForm;
  /** In order; exactly one where the body as a whole is the argument. */
  readonly parameters: readonly ParameterSpec[];
  /** Schema of the body: for `fields` an object with one property for each parameter, in order; else the argument's own. */
  readonly input: JsonSchema;
  /** What the gateway checks instead of `input` where the author's own schemas check the rest in the worker. */
  readonly checkedInput?: JsonSchema;
  readonly output: OutputSpec;
  /** Whether the method asks for a `Context` as its last parameter, or, where it is batched, for a `BatchContext`. */
  readonly takesContext: boolean;
  /** Whether the method holds its worker's thread for as long as it runs: it is neither async nor a stream of promises. */
  readonly isBlocking: boolean;
  /** How many calls of this method, or batches of them, one worker runs at once. */
  readonly slots: number;
  /** How its requests go to it together; without it each goes alone. */
  readonly batching?: BatchingSpec;
  /** Holds beside the limit of the service. */
  readonly rateLimit?: RateLimit;
  /** Bodies that each worker calls it with before it is ready, as JSON. */
  readonly warmUp?: readonly unknown[];
  readonly source: SourceLocation;
}

/**
 * A method that callers can call: `unary` answers once, `stream` answers item by item, `response` makes the HTTP answer
 * itself, so that nothing of it is checked; its output is the bytes of the body.
 */
export type ApiSpec = ApiBase &
  ({ readonly kind: 'unary' } | { readonly kind: 'stream' } | { readonly kind: 'response' });

/** A reference to a model as plain data: its kind, and what that kind needs to find it again. */
export interface ModelInfo {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A model that a field of the class asks for. */
export interface ModelSpec {
  /** Name of the field. */
  readonly field: string;
  readonly info: ModelInfo;
}

/** A value that a service takes when it is started, from outside: an argument of `useArguments`. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description?: string;
  /** Whether it must be given. */
  readonly isRequired: boolean;
  /** Whether its value must never be written down. */
  readonly isSecret: boolean;
}

/** How often callers may call. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  /** How many requests may come at once after a pause. */
  readonly burst: number;
  /** Whether all callers share the rate; else each has it. */
  readonly isShared: boolean;
  /** Lower-case name of the header that tells callers apart; without it, or where it is not sent, their address does. */
  readonly callerHeader?: string;
}

/** What is counted, and under which names. */
export interface MetricsSettings {
  readonly enabled: boolean;
  readonly namespace: string;
  /** Upper ends in seconds, ascending, without infinity. */
  readonly durationBuckets: readonly number[];
}

/** What the access log says. */
export interface AccessLogSettings {
  readonly enabled: boolean;
  readonly requestContentType: boolean;
  readonly requestContentLength: boolean;
  readonly responseContentType: boolean;
  readonly responseContentLength: boolean;
  readonly skipPaths: readonly string[];
}

/** Service-wide options after defaults were filled in: no value is missing. */
export interface ServiceSettings {
  readonly workers: number | 'cpu_count';
  readonly startTimeoutMs: number;
  readonly probePeriodMs: number;
  readonly probeTimeoutMs: number;
  readonly traffic: {
    readonly timeoutMs: number;
    readonly abortGraceMs: number;
    readonly maxQueue: number;
    /** Without it as many as may wait and run. */
    readonly maxConcurrency?: number;
    readonly rateLimit?: RateLimit;
  };
  /** When a worker gives its place to another one; what is missing is no reason. */
  readonly recycle: RecycleLimits;
  readonly metrics: MetricsSettings;
  readonly logging: { readonly access: AccessLogSettings };
  readonly http: { readonly response: { readonly traceId: boolean } };
}

/** What a worker may become before another one takes its place. */
export interface RecycleLimits {
  readonly maxRequests?: number;
  readonly maxAgeMs?: number;
  readonly maxRssBytes?: number;
  readonly maxHeapBytes?: number;
}

/** One service: its methods sorted by name, its models, its settings. */
export interface ServiceSpec {
  readonly name: string;
  readonly description?: string;
  /** Name under which the class is exported from its file; `default` for a default export. */
  readonly exportName: string;
  readonly source: SourceLocation;
  readonly settings: ServiceSettings;
  readonly apis: readonly ApiSpec[];
  readonly models: readonly ModelSpec[];
  /** What its modules ask for with `useArguments`. */
  readonly arguments: readonly ArgumentSpec[];
  /** The OCI image that it is put into, where its author describes one. */
  readonly image?: ImageData;
  /** Static methods to run once before its workers are started, in this order. */
  readonly deploymentHooks: readonly string[];
  /** Method that rewrites the text of the metrics. */
  readonly metricsFilter?: string;
}
