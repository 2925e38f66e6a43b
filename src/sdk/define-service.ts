/** Makes a class a service without decorators, for plain JavaScript. */

import type { ApiOptions } from './api.ts';
import { type ClassData, metadataOf, ownData } from './decorator-data.ts';
import { readModelRef } from './model.ts';
import type { ModelRef } from './model-ref.ts';
import { finishService, type ServiceOptions } from './service.ts';

type MethodName<Instance> = {
  [Name in keyof Instance & string]: Instance[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Instance & string];

/** What {@link defineService} is told about a class: the options of `@service`, and what decorators would say of members. */
export interface ServiceDefinition<Instance = object> extends ServiceOptions {
  /** The methods that can be called, with their schemas: what is not here is private. */
  readonly apis: { readonly [Name in MethodName<Instance>]?: ApiOptions };
  /** Models, or their tags, by the field that gets them, after construction and before the start-up hooks. */
  readonly models?: Readonly<Record<string, string | ModelRef<unknown>>>;
  /** Methods to run before the first call, in this order. */
  readonly onStartup?: readonly MethodName<Instance>[];
  /** Method that rewrites the text of `/metrics`: see {@link metricsFilter}. */
  readonly metricsFilter?: MethodName<Instance>;
  /** Methods to run after the last call, in this order. */
  readonly onShutdown?: readonly MethodName<Instance>[];
  /** Static methods to run once before workers are started, in this order. */
  readonly onDeployment?: readonly string[];
  /** The method to ask whether a worker is still of use. */
  readonly isAlive?: MethodName<Instance>;
  /** The method to ask whether a worker can take calls. */
  readonly isReady?: MethodName<Instance>;
}

/**
 * Makes a class a service, as `@service` and `@api` do where there are types. Plain JavaScript has none, so each method
 * names its parameters in order with their schemas. A `Context` is always given as one more argument.
 *
 * @example
 * ```js
 * export const Greeter = defineService(
 *   class Greeter {
 *     greet(name, times) { return `Hello, ${name}! `.repeat(times); }
 *   },
 *   { apis: { greet: { params: { name: z.string(), times: z.int().default(1) }, output: z.string() } } },
 * );
 * ```
 * @returns the class itself, to be exported.
 * @throws ServiceError `SERVICE_INVALID`, `OPTION_UNKNOWN` or `OPTION_INVALID`, naming class and member.
 */
export function defineService<Class extends new () => object>(
  serviceClass: Class,
  definition: ServiceDefinition<InstanceType<Class>>,
): Class {
  const {
    apis,
    models = {},
    onStartup = [],
    onShutdown = [],
    onDeployment = [],
    isAlive,
    isReady,
    metricsFilter,
    ...options
  } = definition;
  const data = ownData(metadataOf(serviceClass));
  for (const [name, api] of Object.entries(apis ?? {})) {
    if (isMethod(serviceClass, name, 'apis', data)) data.apis.push({ name, options: api as ApiOptions });
  }
  for (const [field, given] of Object.entries(models)) {
    const { ref, problem } = readModelRef(given);
    if (ref) data.models.push({ field, ref, isAssigned: true });
    else data.problems.push(`${field} ${problem}`);
  }
  for (const name of onStartup) if (isMethod(serviceClass, name, 'onStartup', data)) data.startupHooks.push(name);
  for (const name of onShutdown) if (isMethod(serviceClass, name, 'onShutdown', data)) data.shutdownHooks.push(name);
  if (metricsFilter !== undefined && isMethod(serviceClass, metricsFilter, 'metricsFilter', data)) {
    data.metricsFilter = metricsFilter;
  }
  for (const name of onDeployment) {
    if (isMethod(serviceClass, name, 'onDeployment', data, 'static')) data.deploymentHooks.push(name);
  }
  for (const [name, where, hooks] of [
    [isAlive, 'isAlive', data.aliveHooks],
    [isReady, 'isReady', data.readyHooks],
  ] as const) {
    if (name !== undefined && isMethod(serviceClass, name, where, data)) hooks.push(name);
  }
  finishService(options, serviceClass.name, data, serviceClass);
  return serviceClass;
}

/** Notes a name that is no method of the class. */
function isMethod(
  serviceClass: new () => object,
  name: string,
  where: string,
  data: ClassData,
  owner: 'instance' | 'static' = 'instance',
): boolean {
  const holder: unknown = owner === 'static' ? serviceClass : serviceClass.prototype;
  const method = (holder as Record<string, unknown>)[name];
  const isFine = typeof method === 'function' && name !== 'constructor' && !name.startsWith('__');
  const kind = owner === 'static' ? 'static method' : 'method';
  if (!isFine) data.problems.push(`${name} stands in ${where}, but is no ${kind} of the class; correct the name`);
  return isFine;
}
