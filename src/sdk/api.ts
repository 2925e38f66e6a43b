/** `@api`: makes a method callable from outside. */
import type { apiOptions } from '../config/options.ts';
import type { Given } from '../config/resolve.ts';
import type { Schema } from './author-schema.ts';
import type { Context } from './context.ts';
import { isPublicMethod, ownData, refuseLegacy } from './decorator-data.ts';

type PlainOptions = Omit<Given<typeof apiOptions>, 'body' | 'input' | 'params' | 'output'>;

/** Options of {@link api}; what each means and its default stand in the options reference. */
export type ApiOptions = PlainOptions & { readonly output?: Schema | undefined } & (
    | { readonly body?: false | undefined; readonly input?: Schema | undefined; readonly params?: undefined }
    | {
        readonly body?: false | undefined;
        readonly input?: undefined;
        readonly params: { readonly [parameter: string]: Schema };
      }
    | { readonly body: true; readonly input?: Schema | undefined; readonly params?: undefined }
  );

type AnyMethod = (...args: never[]) => unknown;

/** The decorator that {@link api} gives, for methods of the type that the options ask for. */
export type ApiDecorator<Method extends AnyMethod = AnyMethod> = (
  target: Method,
  context: ClassMethodDecoratorContext,
) => void;

/** The methods that options are for: a whole body is one parameter, and a result is what the schema of results takes. */
export type MethodFor<Options> = (...args: ArgumentsFor<Options>) => ResultFor<Options>;

type ArgumentsFor<Options> = Options extends { readonly body: true }
  ? [body: Options extends { readonly input: infer S } ? Checked<S> : never, context: Context]
  : never[];

type ResultFor<Options> = Options extends { readonly output: infer S } ? Returned<Taken<S>> : unknown;

type Returned<Value> =
  | Value
  | PromiseLike<Value>
  | AsyncIterable<Value>
  | PromiseLike<AsyncIterable<Value>>
  | Generator<Value, unknown, never>;

/** What a schema gives; of JSON Schema nothing is known. */
type Checked<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : never
  : never;

/** What a schema takes. */
type Taken<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : unknown;

/**
 * Makes a method callable from outside, by `POST` with one JSON object whose keys are the parameters' names.
 * Its TypeScript types are its schema; a method that gives an `AsyncIterable` streams. With `body: true` its one
 * parameter is the whole body instead. Schemas that are given go before the types.
 *
 * @example
 * ```ts
 * @api({ route: '/v1/embed' })
 * async embed(texts: string[]): Promise<number[][]> { … }
 * ```
 */
export function api<const Options extends ApiOptions>(options: Options): ApiDecorator<MethodFor<Options>>;
export function api(): ApiDecorator;
export function api(target: AnyMethod, context: ClassMethodDecoratorContext): void;
export function api(
  first: ApiOptions | AnyMethod = {},
  context?: ClassMethodDecoratorContext,
): ApiDecorator<never> | undefined {
  if (typeof first === 'function') {
    decorate({}, context);
    return undefined;
  }
  return (_target, itsContext) => decorate(first, itsContext);
}

function decorate(options: ApiOptions, context: ClassMethodDecoratorContext | undefined): void {
  refuseLegacy('@api', context);
  const data = ownData(context?.metadata);
  if (context && isPublicMethod('@api', context, data)) data.apis.push({ name: context.name, options });
}
