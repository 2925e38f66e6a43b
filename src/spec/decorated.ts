/** What the decorators of one class wrote down, as plain data that can cross a process border. */
import type { ArgumentSpec, JsonSchema, ModelInfo } from './service-spec.ts';

/**
 * The key under which a class carries its decorators' data, with the version of the spec that they follow. It is the
 * same in every copy of bentots, so that two copies in one process read each other's classes.
 */
export const decoratedKey: unique symbol = Symbol.for('bentots.spec/1') as never;

/** What the author wrote of one method. */
export interface DecoratedApi {
  readonly name: string;
  /** Options of `@api`, but for its schemas. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly schemas: DecoratedSchemas;
  readonly shape: MethodShape;
}

/** The schemas among the options of one method. */
export interface DecoratedSchemas {
  readonly input?: ExportedSchema;
  readonly output?: ExportedSchema;
  /** By parameter, in the order in which they were written. */
  readonly params?: readonly (readonly [name: string, schema: ExportedSchema])[];
}

/** A schema that is a value in the author's code, as far as data can say it. */
export interface ExportedSchema {
  /** As its library writes it. */
  readonly schema: JsonSchema;
  /** Whether the author's own schema checks values, too, in the worker; else JSON Schema is all that there is. */
  readonly isRun: boolean;
  /** Whether it takes `undefined`, so that what it describes may be left out. */
  readonly takesUndefined: boolean;
}

/** What can be seen of a method without its types. */
export interface MethodShape {
  readonly kind: 'unary' | 'stream';
  /** Whether it was written with `async`. */
  readonly isAsync: boolean;
  /** As JavaScript counts them: up to the first with a default. */
  readonly parameterCount: number;
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
  /** What its modules asked for with `useArguments`. */
  readonly arguments: readonly ArgumentSpec[];
  /** Methods to run before the first call, in source order. */
  readonly startupHooks: readonly string[];
  /** Methods to run after the last call, in source order. */
  readonly shutdownHooks: readonly string[];
  /** Methods that say whether the worker is of use still. */
  readonly aliveHooks: readonly string[];
  /** Methods that say whether it can take calls. */
  readonly readyHooks: readonly string[];
  /** Static methods to run before workers are started, in source order. */
  readonly deploymentHooks: readonly string[];
  /** Method that rewrites the text of the metrics. */
  readonly metricsFilter?: string;
}
