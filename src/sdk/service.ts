/** `@service`: makes a class a service. */

import { apiOptions, serviceOptions } from '../config/options.ts';
import { type Given, resolveOptions } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import type { Image } from '../spec/image.ts';
import { type ClassData, dataChain, ownData, refuseLegacy } from './decorator-data.ts';
import { evaluationArguments } from './inject.ts';

/** Options of {@link service}; what each means and its default stand in the options reference. */
export interface ServiceOptions extends Omit<Given<typeof serviceOptions>, 'image'> {
  readonly image?: Image | undefined;
}

type AnyClass = abstract new (...args: never[]) => object;

/** The decorator that {@link service} gives. */
export type ServiceDecorator = (target: AnyClass, context: ClassDecoratorContext) => void;

// POST is free on these paths, but a second meaning of one path would confuse whoever reads a log.
const reservedRoutes = /^\/(?:livez|healthz|readyz|metrics|schema\.json|docs\.json|static_content(?:\/.*)?)$/;

/**
 * Makes a class a service: its `@api` methods can be called over HTTP.
 *
 * @example
 * ```ts
 * @service({ workers: 2, traffic: { timeoutMs: 10_000 } })
 * export class Greeter {
 *   @api() hello(name: string): string { return `Hello, ${name}`; }
 * }
 * ```
 * @throws ServiceError `SERVICE_INVALID`, `OPTION_UNKNOWN` or `OPTION_INVALID`, naming class and member.
 */
export function service(options?: ServiceOptions): ServiceDecorator;
export function service(target: AnyClass, context: ClassDecoratorContext): void;
export function service(
  first: ServiceOptions | AnyClass = {},
  context?: ClassDecoratorContext,
): ServiceDecorator | undefined {
  if (typeof first === 'function') {
    decorate({}, first, context);
    return undefined;
  }
  return (target, itsContext) => decorate(first, target, itsContext);
}

function decorate(options: ServiceOptions, target: AnyClass, context: ClassDecoratorContext | undefined): void {
  refuseLegacy('@service', context);
  finishService(options, target.name, ownData(context?.metadata), {
    name: target.name || 'the class',
    [(Symbol as { metadata?: symbol }).metadata as symbol]: context?.metadata,
  });
}

/**
 * Notes that a class is a service once all is known of its members, and checks what can be checked by now.
 * @param holder carries the class's metadata: a class that is being decorated does not have it yet.
 */
export function finishService(options: ServiceOptions, name: string, data: ClassData, holder: object): void {
  const className = name || 'the class';
  if (data.service) invalid(`${className} carries @service twice; remove one`);
  resolveOptions(serviceOptions, options, `@service of ${className}`);
  data.service = { className: name, options: { ...options } };
  const evaluation = evaluationArguments();
  if (evaluation) data.evaluation = evaluation;
  const chain = dataChain(holder);
  const problem = chain.flatMap((level) => level.problems)[0];
  if (problem !== undefined) invalid(`${className}.${problem}`);
  checkApis(className, chain);
}

function checkApis(className: string, chain: readonly ClassData[]): void {
  const apis = new Map(chain.flatMap((level) => level.apis).map((api) => [api.name, api.options]));
  if (apis.size === 0) invalid(`${className} has no method with @api(), so nothing of it could be called; add one`);
  const owners = new Map<string, string>();
  for (const [name, options] of apis) {
    const { route = `/${name}` } = resolveOptions(apiOptions, options, `@api of ${className}.${name}`);
    const owner = owners.get(route);
    if (owner !== undefined)
      invalid(`${className}.${owner} and ${className}.${name} both have the route ${route}; change one`);
    if (reservedRoutes.test(route))
      invalid(`${className}.${name} has the route ${route}, which the server itself answers; choose another`);
    owners.set(route, name);
  }
}

function invalid(problem: string): never {
  throw new ServiceError('SERVICE_INVALID', { problem });
}
