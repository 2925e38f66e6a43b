/** What the decorators of one class wrote down, as plain data that can cross a process border. */
import type { ModelInfo } from './service-spec.ts';

/**
 * The key under which a class carries its decorators' data, with the version of the spec that they follow. It is the
 * same in every copy of bentots, so that two copies in one process read each other's classes.
 */
export const decoratedKey: unique symbol = Symbol.for('bentots.spec/1') as never;

/** Options of `@api` as the author wrote them. */
export interface DecoratedApi {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** One decorated class. */
export interface DecoratedService {
  readonly className: string;
  /** Name under which its module exports it. */
  readonly exportName: string;
  /** Options of `@service` as the author wrote them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly apis: readonly DecoratedApi[];
  readonly models: readonly { readonly field: string; readonly info: ModelInfo }[];
  /** Methods to run before the first call, in source order. */
  readonly startupHooks: readonly string[];
  /** Methods to run after the last call, in source order. */
  readonly shutdownHooks: readonly string[];
}
