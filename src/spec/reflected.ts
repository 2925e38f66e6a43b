/** What the author's TypeScript types say, as plain data: written by reflection, joined with the decorators' data. */
import type { JsonSchema, ParameterSpec, SourceLocation } from './service-spec.ts';

/** One method that carries `@api`. */
export interface ReflectedMethod {
  readonly name: string;
  readonly kind: 'unary' | 'stream' | 'response';
  /** Whether it gives a promise, an async generator or an `AsyncIterable`. */
  readonly isAsync: boolean;
  /** The JSDoc text above the method, without tags. */
  readonly description?: string;
  readonly isDeprecated?: boolean;
  /** Whether the options of its `@api` say that the body as a whole is its one argument. */
  readonly takesBody: boolean;
  /** The parameters in order, without the `Context`. */
  readonly parameters: readonly ParameterSpec[];
  readonly takesContext: boolean;
  /** Whether that is the `BatchContext` of several requests. */
  readonly takesBatchContext?: boolean;
  /** Whether what it streams are `ItemChunk`s: the schema is that of the chunks inside. */
  readonly givesChunks?: boolean;
  /**
   * `{ type: 'object', properties, required?, $defs? }`: one property for each parameter, in order. A literal
   * initialiser is the property's `default`. Of a whole body, its own schema. What the options of `@api` describe, or a
   * schema that the type is inferred from, has no type here, only what its comment says.
   */
  readonly input: JsonSchema;
  /** Schema of the awaited value, or of one item of a stream; with its own `$defs` where types recur. */
  readonly output: JsonSchema;
  readonly source: SourceLocation;
}

/** One class that carries `@service`. */
export interface ReflectedService {
  readonly className: string;
  /** Name under which its file exports it, `default` for a default export; absent if it is not exported. */
  readonly exportName?: string;
  readonly description?: string;
  /** Own and inherited methods with `@api`, sorted by name. */
  readonly methods: readonly ReflectedMethod[];
  readonly source: SourceLocation;
}

/** Everything that reflection knows about one file. */
export interface ReflectedModule {
  /** Absolute path of the file. */
  readonly file: string;
  readonly services: readonly ReflectedService[];
  /** What is allowed, but perhaps not meant: at most ten, each with its place. */
  readonly warnings: readonly string[];
}
