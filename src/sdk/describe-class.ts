/** A decorated class → plain data that can cross a process border. */
import type { DecoratedService, MethodShape } from '../spec/decorated.ts';
import { type ClassData, dataChain } from './decorator-data.ts';
import { exportSchemas, type LoadPackage } from './export-schema.ts';
import type { ModelRef } from './model-ref.ts';

/** What the decorators of a class and its bases said; an overriding method keeps its base's `@api` unless it has its own. */
export function describeClass(serviceClass: object, exportName: string): DecoratedService {
  const chain = dataChain(serviceClass);
  const own = chain.at(-1)?.service;
  const apis = new Map(chain.flatMap((level) => level.apis).map((api) => [api.name, api]));
  return {
    className: own?.className ?? '',
    exportName,
    options: toPlainOptions(own?.options ?? {}),
    apis: [...apis.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, options: { input: _input, output: _output, params: _params, ...options } }) => ({
        name,
        options,
        schemas: {},
        shape: shapeOf(serviceClass, name),
      })),
    models: [...modelRefs(serviceClass)].map(([field, ref]) => ({ field, info: ref.toInfo() })),
    arguments: [...(chain.at(-1)?.evaluation?.declared.values() ?? [])],
    startupHooks: [...new Set(chain.flatMap((level) => level.startupHooks))],
    shutdownHooks: [...new Set(chain.flatMap((level) => level.shutdownHooks))],
    aliveHooks: [...new Set(chain.flatMap((level) => level.aliveHooks))],
    readyHooks: [...new Set(chain.flatMap((level) => level.readyHooks))],
    deploymentHooks: [...new Set(chain.flatMap((level) => level.deploymentHooks))],
    ...filterOf(chain),
  };
}

/** An image description of any copy of bentots says its data itself. */
function toPlainOptions(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { image } = options as { readonly image?: { readonly toData?: unknown } };
  return typeof image?.toData === 'function' ? { ...options, image: image.toData() } : options;
}

/** The same, with what its schemas say of themselves. @throws ServiceError `SERVICE_INVALID` */
export async function describeWithSchemas(
  serviceClass: object,
  exportName: string,
  loadPackage: LoadPackage,
): Promise<DecoratedService> {
  const described = describeClass(serviceClass, exportName);
  const given = apiOptionsOf(serviceClass);
  const apis = described.apis.map(async (api) => ({
    ...api,
    schemas: await exportSchemas(given.get(api.name) ?? {}, `${described.className}.${api.name}`, loadPackage),
  }));
  return { ...described, apis: await Promise.all(apis) };
}

/** The options of a class's apis as the author wrote them, with the schemas, by method. */
export function apiOptionsOf(serviceClass: object): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  return new Map(
    dataChain(serviceClass).flatMap(({ apis }) => apis.map(({ name, options }) => [name, options] as const)),
  );
}

function filterOf(chain: readonly ClassData[]): { readonly metricsFilter?: string } {
  const metricsFilter = chain.findLast((level) => level.metricsFilter !== undefined)?.metricsFilter;
  return metricsFilter === undefined ? {} : { metricsFilter };
}

function shapeOf(serviceClass: object, name: string): MethodShape {
  const method = (serviceClass as { prototype?: Record<string, unknown> }).prototype?.[name];
  const tag = Object.prototype.toString.call(method); // for example [object AsyncGeneratorFunction]
  return {
    kind: tag.includes('Generator') ? 'stream' : 'unary',
    isAsync: tag.includes('Async'),
    parameterCount: typeof method === 'function' ? method.length : 0,
  };
}

/** The references of a class's `@model` fields, by field name. */
export function modelRefs(serviceClass: object): ReadonlyMap<string, ModelRef<unknown>> {
  return new Map(
    dataChain(serviceClass).flatMap((level) => level.models.map(({ field, ref }) => [field, ref] as const)),
  );
}

/** The fields that get their model after construction, since no decorator fills them. */
export function assignedFields(serviceClass: object): string[] {
  return dataChain(serviceClass).flatMap(({ models }) =>
    models.flatMap(({ field, isAssigned }) => (isAssigned ? [field] : [])),
  );
}
