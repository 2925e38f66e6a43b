/** `@metricsFilter`: a method that has the last word on what Prometheus reads. */
import { isPublicMethod, ownData, refuseLegacy } from './decorator-data.ts';

type Filter = (text: string) => string | Promise<string>;

/**
 * Has the method rewrite the text of `/metrics`. It runs in a worker; if it throws, or gives nothing within 2 s, the text
 * is served as it was. Of a class and its bases the one that is written last counts.
 *
 * @example
 * ```ts
 * @metricsFilter
 * hideNames(text: string): string {
 *   return text.replaceAll(/service_name="[^"]*",/g, '');
 * }
 * ```
 */
export function metricsFilter(_target: Filter, context: ClassMethodDecoratorContext): void {
  refuseLegacy('@metricsFilter', context);
  const data = ownData(context.metadata);
  if (isPublicMethod('@metricsFilter', context, data)) data.metricsFilter = context.name;
}
