/** `@model`: fills a field with a model that the server has made present. */
import { ServiceError } from '../errors.ts';
import { ownData, refuseLegacy } from './decorator-data.ts';
import { currentInjection } from './inject.ts';
import type { ModelRef } from './model-ref.ts';

/** The decorator that {@link model} gives. */
export type ModelDecorator<T> = (target: undefined, context: ClassFieldDecoratorContext<unknown, T>) => () => T;

/**
 * Fills a field with a model before the constructor's body and the start-up hooks run.
 *
 * @example
 * ```ts
 * @model(localFolder('./weights')) weights!: string;
 * ```
 * @throws ServiceError `MODEL_MISSING` when the class is constructed by hand and the model is not present.
 */
export function model<T>(ref: ModelRef<T>): ModelDecorator<T> {
  return (_target, context) => {
    refuseLegacy('@model', context);
    const field = String(context.name);
    const data = ownData(context.metadata);
    const problem = fieldProblem(context, ref);
    if (problem === undefined) data.models.push({ field, ref });
    else data.problems.push(`${field} ${problem}`);
    return function initialise(this: unknown) {
      const injection = currentInjection();
      const isInjected = injection?.serviceClass === (this as object).constructor && injection.models.has(field);
      if (isInjected) return injection.models.get(field) as T; // resolved by this very ref's kind
      const present = ref.find({ folder: process.cwd() });
      if (present !== undefined) return present;
      const service = (this as object).constructor.name;
      throw new ServiceError('MODEL_MISSING', {
        service,
        field,
        problem: `${JSON.stringify(ref.toInfo())} is not present, seen from ${process.cwd()}; serve the class with \`bento serve\``,
      });
    };
  };
}

function fieldProblem(context: ClassFieldDecoratorContext, ref: unknown): string | undefined {
  if (context.kind !== 'field') return `is a ${context.kind}, and @model goes on a field`;
  if (context.private || context.static) return 'is private or static, and @model needs a plain field of the instance';
  const isRef = typeof ref === 'object' && ref !== null && 'toInfo' in ref && 'resolve' in ref && 'find' in ref;
  return isRef
    ? undefined
    : 'has @model(…) with something that is no reference to a model; give it localFolder(…) or npmPackage(…)';
}
