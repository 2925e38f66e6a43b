/** What is known of a method whose requests go to it together, from its options and its schemas. */
import { type apiOptions, batchOptionNames } from '../config/options.ts';
import type { Resolved } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import { itemsOf } from '../io/io-types.ts';
import { rowTypeOf } from '../io/rows.ts';
import type { ReflectedMethod } from './reflected.ts';
import { type Definitions, definitionsOf, isSchema, resolveReference } from './schema-parts.ts';
import type { ApiSpec, BatchingSpec, JsonSchema, Measure } from './service-spec.ts';

type Options = Pick<Resolved<typeof apiOptions>, 'batchable' | (typeof batchOptionNames)[number]>;

type Joined = Pick<ApiSpec, 'kind' | 'body' | 'parameters' | 'input' | 'output'>;

/** What it takes to know whether the method can be batched. */
export interface BatchingSources {
  /** Class and method. */
  readonly owner: string;
  readonly options: Options;
  /** Names of the options that the author wrote. */
  readonly given: readonly string[];
  readonly api: Joined;
  /** What its types say; a plain JavaScript service has none. */
  readonly types: ReflectedMethod | undefined;
}

/**
 * How the requests of a method are batched; undefined where they are not.
 * @throws ServiceError `SERVICE_INVALID` where the method is none that takes or gives batches.
 */
export function toBatching({ owner, options, given, api, types }: BatchingSources): BatchingSpec | undefined {
  if (!options.batchable) {
    refuseLeftovers(owner, given, types);
    return undefined;
  }
  const [inputDim, outputDim] = toDims(options.batchDim);
  const places = findPlaces(owner, api, inputDim);
  checkResult(owner, api, types, outputDim);
  if (types?.takesContext && !types.takesBatchContext) {
    throw invalid(
      `${owner} is batchable, so that one run of it is for several requests, but takes a Context, which is of one; take a BatchContext: (…, batch: BatchContext)`,
    );
  }
  const { maxBatchSize, maxLatencyMs, maxWaitMs, onBatchError, priorities, bucketBy, costOf } = options;
  const bucket = toMeasure(`bucketBy of ${owner}`, bucketBy, api, places);
  const cost = toMeasure(`costOf of ${owner}`, costOf, api, places);
  const { edges } = bucketBy;
  if (bucket && !edges) {
    throw invalid(`bucketBy of ${owner} has no edges; say where buckets end: edges: [64, 128, 256]`);
  }
  if (!bucket && edges) {
    throw invalid(`bucketBy of ${owner} has edges, but no path; say what is measured: path: 'texts'`);
  }
  return {
    places,
    inputDim,
    outputDim,
    maxBatchSize,
    maxLatencyMs,
    maxWaitMs,
    ...(bucket && edges && { bucketBy: { ...bucket, edges } }),
    ...(cost && { costOf: cost }),
    onBatchError,
    priorities,
  };
}

function refuseLeftovers(owner: string, given: readonly string[], types: ReflectedMethod | undefined): void {
  const option = batchOptionNames.find((name) => given.includes(name));
  if (option !== undefined) {
    throw invalid(`${owner} has ${option}, which is for batches, but is not batchable; add batchable: true`);
  }
  if (types?.takesBatchContext) {
    throw invalid(`${owner} takes a BatchContext, but is not batchable; take a Context, or add batchable: true`);
  }
  if (types?.givesChunks) {
    throw invalid(
      `${owner} gives ItemChunks, but is not batchable; give the chunks themselves, or add batchable: true`,
    );
  }
}

function toDims(dims: number | readonly number[]): readonly [input: number, output: number] {
  if (typeof dims === 'number') return [dims, dims];
  const [input = 0, output = 0] = dims;
  return [input, output];
}

/** The parameters that hold items: all that are declared as rows of them. */
function findPlaces(owner: string, { body, parameters, input }: Joined, dim: number): readonly number[] {
  const $defs = definitionsOf(input);
  const found = parameters.flatMap(({ name, isRequired }, at) => {
    const schema = schemaOf(name, { body, input }, $defs);
    if (schema && itemsOf(schema)) {
      throw invalid(`parameter "${name}" of ${owner} comes item by item, which cannot be batched; take an array`);
    }
    const row = schema && rowTypeOf(schema);
    if (!row) return [];
    const problem = dimProblem(row.hasDimensions, row.problem?.(schema, dim), dim);
    if (problem !== undefined) throw invalid(`${owner} is batchable, but its parameter "${name}" ${problem}`);
    return [{ at, isRequired }];
  });
  if (!found.some(({ isRequired }) => isRequired)) {
    const names = parameters.map(({ name }) => name).join(', ') || 'none';
    throw invalid(
      `${owner} is batchable, but no parameter that callers must send is an array (there ${parameters.length === 1 ? 'is' : 'are'} ${names}), so that there is nothing to make a batch of; take one of items: texts: string[]`,
    );
  }
  return found.map(({ at }) => at);
}

function dimProblem(hasDimensions: boolean, problem: string | undefined, dim: number): string | undefined {
  if (!hasDimensions && dim > 0)
    return `has no dimension ${dim}, as batchDim says; leave batchDim out, or make it a Tensor`;
  return problem;
}

function schemaOf(name: string, { body, input }: Pick<Joined, 'body' | 'input'>, $defs: Definitions) {
  const properties = isSchema(input.properties) ? input.properties : {};
  const schema = body === 'fields' ? properties[name] : input;
  return isSchema(schema) ? resolve(schema, $defs) : undefined;
}

function resolve(schema: JsonSchema, $defs: Definitions): JsonSchema {
  let found = schema;
  for (let next = resolveReference(found, $defs); next; next = resolveReference(found, $defs)) found = next;
  return found;
}

function checkResult(owner: string, { kind, output }: Joined, types: ReflectedMethod | undefined, dim: number): void {
  if (kind === 'response') {
    throw invalid(`${owner} is batchable, but gives a Response, which answers one request; give an array of results`);
  }
  if (kind === 'stream') {
    if (!types || types.givesChunks) return;
    throw invalid(
      `${owner} is batchable and streams, so that each chunk has to say which item it is for; give AsyncIterable<ItemChunk<…>>`,
    );
  }
  const schema = resolve(output.schema, definitionsOf(output.schema));
  const isUnknown = Object.keys(schema).every((keyword) => keyword === 'description' || keyword === 'title');
  const row = rowTypeOf(schema);
  if (!row && isUnknown) return; // nobody said what it gives: the worker looks at each result
  if (!row) {
    throw invalid(
      `${owner} is batchable, but does not give an array, which would have one result for each item; give one: Promise<number[][]>`,
    );
  }
  const problem = dimProblem(row.hasDimensions, row.problem?.(schema, dim), dim);
  if (problem !== undefined) throw invalid(`${owner} is batchable, but its result ${problem}`);
}

function toMeasure(
  where: string,
  { path, by }: { readonly path: string | undefined; readonly by: 'length' | 'value' },
  { parameters }: Joined,
  places: readonly number[],
): Measure | undefined {
  if (path === undefined) return undefined;
  const [name = '', ...fields] = path.split('.');
  const at = parameters.findIndex((parameter) => parameter.name === name);
  if (places.includes(at)) return { at, fields, by };
  const names = places.map((place) => parameters[place]?.name).join(', ');
  throw invalid(`${where} begins with "${name}", which is no parameter that holds the items; begin with ${names}`);
}

/** What a call without items is answered with, in the form that crosses. */
export function emptyResult({ output: { schema } }: ApiSpec, { outputDim }: BatchingSpec): unknown {
  const declared = resolve(schema, definitionsOf(schema));
  return rowTypeOf(declared)?.empty(declared, outputDim) ?? [];
}

function invalid(problem: string): ServiceError {
  return new ServiceError('SERVICE_INVALID', { problem });
}
