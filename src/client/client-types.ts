/** The type of a client, derived from the type of a service's class without loading it. */
import type { CallOptions } from './options.ts';
import type { ReservedName } from './reserved-names.ts';

/**
 * A client of the service `S`, an instance type or `typeof Class`: every public method, without a last parameter that is
 * a `Context` or a `BatchContext`, and answering with a promise or a stream. Without `S`, any name is a method of unknown types; under
 * `noUncheckedIndexedAccess`, `client.$call('name', …)` then reads better than `client.name?.(…)`.
 */
export type Client<S = unknown> = Methods<S> & {
  /**
   * Calls a method by its name. The one way to reach a method whose name the client keeps for itself: `then`,
   * `toJSON`, `inspect`, the names of `Object.prototype`, and names that begin with `$` or `__`.
   *
   * @throws CallError
   * @throws TypeError if the arguments do not fit.
   */
  $call<Name extends MethodName<S>>(name: Name, ...args: RemoteParameters<S, Name>): RemoteAnswer<S, Name>;
  /**
   * The same client with other options for the calls made through it; connection and schema are shared.
   *
   * @example
   * ```ts
   * await client.$with({ timeoutMs: 500, signal }).embed(['a']);
   * ```
   */
  $with(options: CallOptions): Client<S>;
};

/**
 * A stream of answers: iterate it at once, or await it to know that the server has begun. The items can be read once.
 * Leaving the loop ends the request. One that is awaited but never iterated holds its connection until its signal aborts.
 */
export type StreamCall<T> = Promise<AsyncIterable<T>> & AsyncIterable<T>;

/** A call of a method whose type is not known. */
export type UntypedCall = Promise<unknown> & AsyncIterable<unknown>;

type UntypedMethod = (...args: readonly unknown[]) => UntypedCall;

type Methods<S> = unknown extends S
  ? { readonly [name: string]: UntypedMethod }
  : { readonly [Name in Exclude<MethodName<S>, ReservedName>]: Remote<Member<S, Name>> };

type InstanceOf<S> = S extends abstract new (...args: never[]) => infer Instance ? Instance : S;

type Member<S, Name> = Name extends keyof InstanceOf<S> ? InstanceOf<S>[Name] : never;

type MethodName<S> = unknown extends S
  ? string
  : {
      [Name in keyof InstanceOf<S> & string]: InstanceOf<S>[Name] extends (...args: never[]) => unknown ? Name : never;
    }[keyof InstanceOf<S> & string];

type RemoteParameters<S, Name> = unknown extends S
  ? readonly unknown[]
  : Member<S, Name> extends (...args: infer Args) => unknown
    ? WithoutContext<Args>
    : never;

type RemoteAnswer<S, Name> = unknown extends S
  ? UntypedCall
  : Member<S, Name> extends (...args: never[]) => infer Result
    ? Answer<Result>
    : never;

type Remote<Method> = Method extends (...args: infer Args) => infer Result
  ? (...args: WithoutContext<Args>) => Answer<Result>
  : never;

type Answer<Result> =
  IsAny<Awaited<Result>> extends true
    ? Promise<Awaited<Result>>
    : [Awaited<Result>] extends [never]
      ? Promise<never>
      : [Awaited<Result>] extends [AsyncIterable<infer Item> | Generator<infer Item, infer _Return, infer _Next>]
        ? StreamCall<Chunk<Item>>
        : Promise<WithoutErrors<Awaited<Result>>>;

/** Stands in a batch in the place of a result: its caller gets an error. */
interface ItemErrorLike {
  readonly isItemError: true;
}

type WithoutErrors<Result> = Result extends readonly (infer Item)[]
  ? [Extract<Item, ItemErrorLike>] extends [never]
    ? Result
    : Exclude<Item, ItemErrorLike>[]
  : Result;

/** What the caller of one item gets of an `ItemChunk`. */
type Chunk<Item> =
  Item extends ItemChunkLike<infer Value>
    ? IsAny<Item> extends true
      ? Item
      : 'error' extends keyof Item
        ? Exclude<Value, undefined>
        : Item
    : Item;

interface ItemChunkLike<T> {
  readonly item: number;
  readonly chunk?: T;
  readonly error?: ItemErrorLike | undefined;
}

/** What an author's `Context` has, as far as it takes to know one: this folder must not import the vocabulary. */
interface ContextLike {
  readonly request: unknown;
  readonly response: unknown;
  readonly signal: AbortSignal;
  readonly tempDir: unknown;
  readonly log: unknown;
}

/** The same of a `BatchContext`. */
interface BatchContextLike {
  readonly requests: unknown;
  requestOf(item: number): unknown;
  readonly signal: AbortSignal;
  readonly log: unknown;
}

type WithoutContext<Args extends readonly unknown[]> =
  Required<Args> extends [...infer Own, infer Last]
    ? IsContext<Last> extends true
      ? TrailingOptional<{ [Index in keyof Own]: Index extends keyof Args ? Args[Index] : never }>
      : Args
    : Args;

/** As many shorter lists as there are last parameters that may be undefined: nothing can be optional before a `ctx`. */
type TrailingOptional<Args extends readonly unknown[]> =
  | Args
  | (Args extends readonly [...infer Own, infer Last]
      ? undefined extends Last
        ? TrailingOptional<Own>
        : never
      : never);

type IsContext<T> =
  IsAny<T> extends true
    ? false
    : [NonNullable<T>] extends [never]
      ? false
      : [NonNullable<T>] extends [ContextLike | BatchContextLike]
        ? true
        : false;

type IsAny<T> = 0 extends 1 & T ? true : false;
