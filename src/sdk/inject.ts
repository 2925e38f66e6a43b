/** What field initialisers need while a service is constructed: the one piece of ambient state. */
import { AsyncLocalStorage } from 'node:async_hooks';

interface Injection {
  /** The class that is constructed: what it constructs itself is a plain class. */
  readonly serviceClass: object;
  readonly models: ReadonlyMap<string, unknown>;
}

const storage = new AsyncLocalStorage<Injection>();

/** Constructs a service whose `@model` fields get the given values, by field name. */
export function construct(serviceClass: new () => object, models: ReadonlyMap<string, unknown>): object {
  return storage.run({ serviceClass, models }, () => new serviceClass());
}

/** What is being injected, or undefined where a class is constructed by hand. */
export function currentInjection(): Injection | undefined {
  return storage.getStore();
}
