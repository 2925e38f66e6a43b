/** What modules need while they are evaluated, field initialisers while a service is constructed, and all code of a worker: ambient state. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ArgumentSpec } from '../spec/service-spec.ts';

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

/** What modules that are being evaluated ask for with `useArguments`. */
export interface EvaluationArguments {
  readonly given: Readonly<Record<string, unknown>>;
  /** What was asked for so far, by name. */
  readonly declared: Map<string, ArgumentSpec>;
}

const argumentsKey = Symbol.for('bentots.arguments/1');
const sharedArguments = globalThis as { [argumentsKey]?: AsyncLocalStorage<EvaluationArguments> };
sharedArguments[argumentsKey] ??= new AsyncLocalStorage<EvaluationArguments>();
const argumentStorage = sharedArguments[argumentsKey];

/** Evaluates modules that get the given arguments. */
export function withArguments<T>(given: Readonly<Record<string, unknown>>, evaluate: () => T): T {
  return argumentStorage.run({ given, declared: new Map() }, evaluate);
}

/** Those of the modules that are being evaluated, or undefined where nobody serves them. */
export function evaluationArguments(): EvaluationArguments | undefined {
  return argumentStorage.getStore();
}

const workerKey = Symbol.for('bentots.worker/1');
const sharedWorker = globalThis as { [workerKey]?: AsyncLocalStorage<number | undefined> };
sharedWorker[workerKey] ??= new AsyncLocalStorage<number | undefined>();
const workerStorage = sharedWorker[workerKey];

/** Runs what belongs to the worker with that index, or to none. */
export function inWorker<Args extends readonly unknown[], T>(
  index: number | undefined,
  run: (...args: Args) => T,
  ...args: Args
): T {
  return workerStorage.run(index, run, ...args);
}

/** The index of the worker to which the running code belongs. */
export function currentWorkerIndex(): number | undefined {
  return workerStorage.getStore();
}
