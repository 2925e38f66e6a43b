/** `@api`: makes a method callable from outside. */
import type { apiOptions } from '../config/options.ts';
import type { Given } from '../config/resolve.ts';
import type { Context } from './context.ts';
import { isPublicMethod, ownData, refuseLegacy } from './decorator-data.ts';

/** Options of {@link api}; what each means and its default stand in the options reference. */
export interface ApiOptions extends Given<typeof apiOptions> {}

type AnyMethod = (...args: never[]) => unknown;

/** A method whose one parameter, beside a `Context`, gets the whole body. */
type BodyMethod = (body: never, context: Context) => unknown;

/** The decorator that {@link api} gives, for methods of the type that the options ask for. */
export type ApiDecorator<Method extends AnyMethod = AnyMethod> = (
  target: Method,
  context: ClassMethodDecoratorContext,
) => void;

/**
 * Makes a method callable from outside, by `POST` with one JSON object whose keys are the parameters' names.
 * Its TypeScript types are its schema; a method that gives an `AsyncIterable` streams. With `body: true` its one
 * parameter is the whole body instead.
 *
 * @example
 * ```ts
 * @api({ route: '/v1/embed' })
 * async embed(texts: string[]): Promise<number[][]> { … }
 * ```
 */
export function api(options: ApiOptions & { readonly body: true }): ApiDecorator<BodyMethod>;
export function api(options?: ApiOptions): ApiDecorator;
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
