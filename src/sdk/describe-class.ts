/** A decorated class → plain data that can cross a process border. */
import type { DecoratedService } from '../spec/decorated.ts';
import { dataChain } from './decorator-data.ts';
import type { ModelRef } from './model-ref.ts';

/** What the decorators of a class and its bases said; an overriding method keeps its base's `@api` unless it has its own. */
export function describeClass(serviceClass: object, exportName: string): DecoratedService {
  const chain = dataChain(serviceClass);
  const own = chain.at(-1)?.service;
  const apis = new Map(chain.flatMap((level) => level.apis).map((api) => [api.name, api]));
  return {
    className: own?.className ?? '',
    exportName,
    options: own?.options ?? {},
    apis: [...apis.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    models: [...modelRefs(serviceClass)].map(([field, ref]) => ({ field, info: ref.toInfo() })),
    startupHooks: [...new Set(chain.flatMap((level) => level.startupHooks))],
    shutdownHooks: [...new Set(chain.flatMap((level) => level.shutdownHooks))],
  };
}

/** The references of a class's `@model` fields, by field name. */
export function modelRefs(serviceClass: object): ReadonlyMap<string, ModelRef<unknown>> {
  return new Map(
    dataChain(serviceClass).flatMap((level) => level.models.map(({ field, ref }) => [field, ref] as const)),
  );
}
