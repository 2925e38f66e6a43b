/** Joins what the decorators said with what the types say: the service's spec. */
import { durationBuckets } from '../config/duration-buckets.ts';
import { apiOptions, defaultSlots, serviceOptions } from '../config/options.ts';
import { type Resolved, resolveOptions } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import { toBatching } from './batching.ts';
import type { DecoratedApi, DecoratedService, ExportedSchema } from './decorated.ts';
import { Image } from './image.ts';
import { joinInput, joinOutput } from './join-schemas.ts';
import { toRateLimit } from './rate-limit.ts';
import type { ReflectedMethod, ReflectedModule, ReflectedService } from './reflected.ts';
import { createSchemaCheck, type SchemaCheck } from './schema-check.ts';
import type { ApiSpec, SchemaSource, ServiceSettings, ServiceSpec, SourceLocation } from './service-spec.ts';

/** What is known of the types in a file; of plain JavaScript only where it is. */
export type ModuleTypes =
  | ReflectedModule
  | { readonly file: string; readonly services?: undefined; readonly warnings: readonly string[] };

/** The schemas that the types of a service's parameters are inferred from. */
export function schemaSources(decorated: DecoratedService, module: ModuleTypes): SchemaSource[] {
  const { methods = [] } = findTypes(decorated, module) ?? {};
  const called = methods.filter(({ name }) => decorated.apis.some((api) => api.name === name));
  return called.flatMap(({ parameters }) => parameters.flatMap(({ from }) => from ?? []));
}

/**
 * The spec of one service.
 *
 * @param inferred what the {@link schemaSources} are, in their order.
 * @throws ServiceError `SERVICE_INVALID` if the two do not speak of the same class and methods, or the schemas that the
 * decorators give do not fit the methods.
 */
export function joinSpec(
  decorated: DecoratedService,
  module: ModuleTypes,
  inferred: readonly ExportedSchema[] = [],
): ServiceSpec {
  const types = findTypes(decorated, module);
  const sources = schemaSources(decorated, module).map(keyOf);
  const inferredFrom = (source: SchemaSource) => inferred[sources.indexOf(keyOf(source))];
  const checkPlain = createSchemaCheck();
  const { name, image, ...resolved } = resolveOptions(
    serviceOptions,
    decorated.options,
    `@service of ${decorated.className}`,
  );
  const shown = name ?? decorated.className;
  if (!serviceOptions.name.accepts(shown)) {
    const problem = `${shown || 'the class'} cannot be the name of a service, which goes into headers; give it one: @service({ name: '…' })`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  return freezeDeep({
    name: shown,
    ...(types?.description === undefined ? {} : { description: types.description }),
    exportName: decorated.exportName,
    source: types?.source ?? startOf(module.file),
    settings: toSettings(resolved, `@service of ${decorated.className}`),
    apis: decorated.apis.map((api) => joinApi(decorated, api, { types, file: module.file, inferredFrom, checkPlain })),
    models: decorated.models,
    arguments: decorated.arguments,
    ...(image === undefined ? {} : { image: Image.from(image).toData() }),
    deploymentHooks: decorated.deploymentHooks,
    ...(decorated.metricsFilter === undefined ? {} : { metricsFilter: decorated.metricsFilter }),
  });
}

function keyOf({ file, path }: SchemaSource): string {
  return JSON.stringify([file, ...path]);
}

function startOf(file: string): SourceLocation {
  return { file, line: 1, column: 1 };
}

/** What nobody limited is left out: the spec is plain JSON, too. */
function toSettings(
  { traffic, recycle, metrics, ...settings }: Omit<Resolved<typeof serviceOptions>, 'name' | 'image'>,
  where: string,
): ServiceSettings {
  const { maxConcurrency, rateLimit, ...others } = traffic;
  const limit = toRateLimit(rateLimit, `${where}, traffic`);
  const { duration, ...shown } = metrics;
  return {
    ...settings,
    traffic: {
      ...others,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(limit ? { rateLimit: limit } : {}),
    },
    recycle: withoutUnset(recycle),
    metrics: { ...shown, durationBuckets: durationBuckets(duration, where) },
  };
}

function withoutUnset<T extends object>(options: T): { readonly [Name in keyof T]?: NonNullable<T[Name]> } {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [Name in keyof T]?: NonNullable<T[Name]> }; // its own entries, some left out
}

function findTypes(decorated: DecoratedService, reflected: ModuleTypes): ReflectedService | undefined {
  if (!reflected.services) return undefined;
  const found =
    reflected.services.find((candidate) => candidate.exportName === decorated.exportName) ??
    reflected.services.find((candidate) => candidate.className === decorated.className);
  if (found) return found;
  throw new ServiceError('SERVICE_INVALID', {
    problem: `the types of ${decorated.className} are not in ${reflected.file}; write the class in the file that is served, with @service() and @api()`,
  });
}

interface TypesOfService {
  readonly types: ReflectedService | undefined;
  readonly file: string;
  readonly inferredFrom: (source: SchemaSource) => ExportedSchema | undefined;
  readonly checkPlain: SchemaCheck;
}

function joinApi(
  decorated: DecoratedService,
  api: DecoratedApi,
  { types, file, inferredFrom, checkPlain }: TypesOfService,
): ApiSpec {
  const where = `@api of ${decorated.className}.${api.name}`;
  const options = resolveOptions(apiOptions, api.options, where);
  const method = types?.methods.find((candidate) => candidate.name === api.name);
  if (types && !method) {
    const problem = `the types of ${decorated.className}.${api.name} were not found from ${file}; declare the method in the class with @api()`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  if (method && options.body !== method.takesBody) {
    const problem = `${decorated.className}.${api.name} has body: ${options.body}, but the type of its options says ${method.takesBody}; write them in place: @api({ body: ${options.body} })`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  const route = options.route ?? `/${api.name}`;
  if (!apiOptions.route.accepts(route)) {
    const problem = `${decorated.className}.${api.name} has a name that cannot stand in a path; give it a route: @api({ route: '/…' })`;
    throw new ServiceError('SERVICE_INVALID', { problem });
  }
  const { kind, isAsync } = method ?? api.shape;
  const rateLimit = toRateLimit(options.rateLimit, where);
  const sources = {
    owner: `${decorated.className}.${api.name}`,
    takesBody: options.body,
    schemas: api.schemas,
    shape: api.shape,
    checkPlain,
    types: method,
    inferred: new Map(
      (method?.parameters ?? []).flatMap(({ name, from }) => {
        const schema = from && inferredFrom(from);
        return schema ? [[name, schema] as const] : [];
      }),
    ),
  };
  const taken = joinInput(sources);
  const output = joinOutput(sources);
  const batching = toBatching({
    owner: sources.owner,
    options,
    given: Object.keys(api.options),
    api: { kind, ...taken, output },
    types: method,
  });
  return {
    kind,
    name: api.name,
    route,
    ...(method ? documentation(method) : {}),
    ...taken,
    output,
    takesContext: method?.takesContext ?? true, // plain JavaScript does not say, so that it always gets one
    isBlocking: kind === 'unary' && !isAsync,
    slots: options.slots ?? defaultSlots[batching ? 'batchable' : isAsync ? 'async' : 'blocking'],
    ...(batching ? { batching } : {}),
    ...(options.warmUp.length === 0 ? {} : { warmUp: options.warmUp }),
    ...(rateLimit ? { rateLimit } : {}),
    source: method?.source ?? startOf(file),
  };
}

function documentation(method: ReflectedMethod): Pick<ApiSpec, 'description' | 'isDeprecated'> {
  return {
    ...(method.description === undefined ? {} : { description: method.description }),
    ...(method.isDeprecated === undefined ? {} : { isDeprecated: method.isDeprecated }),
  };
}

function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeDeep(inner);
  return value;
}
