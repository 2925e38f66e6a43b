/** `@api`: makes a method callable from outside. */
import type { apiOptions } from '../config/options.ts';
import type { Given } from '../config/resolve.ts';
import { isPublicMethod, ownData, refuseLegacy } from './decorator-data.ts';

/** Options of {@link api}; what each means and its default stand in the options reference. */
export interface ApiOptions extends Given<typeof apiOptions> {}

type AnyMethod = (...args: never[]) => unknown;

/** The decorator that {@link api} gives. */
export type ApiDecorator = (target: AnyMethod, context: ClassMethodDecoratorContext) => void;

/**
 * Makes a method callable from outside, by `POST` with one JSON object whose keys are the parameters' names.
 * Its TypeScript types are its schema; a method that gives an `AsyncIterable` streams.
 *
 * @example
 * ```ts
 * @api({ route: '/v1/embed' })
 * async embed(texts: string[]): Promise<number[][]> { … }
 * ```
 */
export function api(options?: ApiOptions): ApiDecorator;
export function api(target: AnyMethod, context: ClassMethodDecoratorContext): void;
export function api(
  first: ApiOptions | AnyMethod = {},
  context?: ClassMethodDecoratorContext,
): ApiDecorator | undefined {
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
