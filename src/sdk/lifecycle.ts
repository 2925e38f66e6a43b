/** `@onStartup` and `@onShutdown`: methods that a worker runs before its first and after its last call. */
import { isPublicMethod, ownData, refuseLegacy } from './decorator-data.ts';

type Hook = () => unknown;

/**
 * Runs the method before the worker's first call, after the constructor; a promise is awaited. Several run one after
 * another in the order in which they are written, those of base classes first. If one throws, the worker does not start.
 *
 * @example
 * ```ts
 * @onStartup async load() { this.#session = await InferenceSession.create(this.weights); }
 * ```
 */
export function onStartup(_target: Hook, context: ClassMethodDecoratorContext): void {
  refuseLegacy('@onStartup', context);
  const data = ownData(context.metadata);
  if (isPublicMethod('@onStartup', context, data)) data.startupHooks.push(context.name);
}

/**
 * Runs the method after the worker's last call, when the server stops in good order; a promise is awaited. Several run
 * one after another in the order in which they are written, those of base classes first. If one throws, the others still
 * run.
 */
export function onShutdown(_target: Hook, context: ClassMethodDecoratorContext): void {
  refuseLegacy('@onShutdown', context);
  const data = ownData(context.metadata);
  if (isPublicMethod('@onShutdown', context, data)) data.shutdownHooks.push(context.name);
}
