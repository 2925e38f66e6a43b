/** What field initialisers need while a service is constructed: the one piece of ambient state. */
import { AsyncLocalStorage } from 'node:async_hooks';

interface Injection {
  /** The class that is constructed: what it constructs itself is a plain class. */
  readonly serviceClass: object;
  readonly models: ReadonlyMap<string, unknown>;
}

// One for all copies of bentots in the process: the worker's fills it, and `@model` of the author's copy reads it.
const key = Symbol.for('bentots.injection/1');
const shared = globalThis as { [key]?: AsyncLocalStorage<Injection> };
shared[key] ??= new AsyncLocalStorage<Injection>();
const storage = shared[key];

/** Constructs a service whose `@model` fields get the given values, by field name. */
export function construct(serviceClass: new () => object, models: ReadonlyMap<string, unknown>): object {
  return storage.run({ serviceClass, models }, () => new serviceClass());
}

/** What is being injected, or undefined where a class is constructed by hand. */
export function currentInjection(): Injection | undefined {
  return storage.getStore();
}
