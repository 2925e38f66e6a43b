/** Methods that run beside the calls: before the first, after the last, and to say how a worker is. */
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
  note('@onStartup', context, 'startupHooks');
}

/**
 * Runs the method after the worker's last call, when the server stops in good order; a promise is awaited. Several run
 * one after another in the order in which they are written, those of base classes first. If one throws, the others still
 * run.
 */
export function onShutdown(_target: Hook, context: ClassMethodDecoratorContext): void {
  note('@onShutdown', context, 'shutdownHooks');
}

/** Says something of a worker's health. */
type Check = () => boolean | PromiseLike<boolean>;

/**
 * Asked every `probePeriodMs`, in the worker, whether it is still of use. `false`, an exception or no answer within
 * `probeTimeoutMs`, three times in a row, and another worker takes its place. Of several all have to say `true`.
 *
 * @example
 * ```ts
 * @isAlive hasDevice(): boolean { return !this.#session.isLost; }
 * ```
 */
export function isAlive(_target: Check, context: ClassMethodDecoratorContext): void {
  note('@isAlive', context, 'aliveHooks');
}

/**
 * Asked every `probePeriodMs`, in the worker, whether it can take calls. `false`, an exception or no answer within
 * `probeTimeoutMs`, and it gets no new calls until the next `true`. Of several all have to say `true`.
 */
export function isReady(_target: Check, context: ClassMethodDecoratorContext): void {
  note('@isReady', context, 'readyHooks');
}

/**
 * Runs a static method once before the workers are started, each time when the service is served or reloaded, and not
 * when a worker is started again; a promise is awaited. It runs in a process of its own that ends then, after models
 * are there. Several run one after another in the order in which they are written, those of base classes first. If one
 * throws, the service does not start.
 *
 * @example
 * ```ts
 * @onDeployment static async migrate() { await createTables(); }
 * ```
 */
export function onDeployment(_target: Hook, context: ClassMethodDecoratorContext): void {
  note('@onDeployment', context, 'deploymentHooks', 'static');
}

type Hooks = 'startupHooks' | 'shutdownHooks' | 'aliveHooks' | 'readyHooks' | 'deploymentHooks';

function note(decorator: string, context: ClassMethodDecoratorContext, hooks: Hooks, owner?: 'static'): void {
  refuseLegacy(decorator, context);
  const data = ownData(context.metadata);
  if (isPublicMethod(decorator, context, data, owner)) data[hooks].push(context.name);
}
