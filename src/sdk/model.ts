/** `@model`: fills a field with a model that the server has made present. */
import { ServiceError } from '../errors.ts';
import type { Model } from '../store/models.ts';
import { bentoModel } from './bento-model.ts';
import { ownData, refuseLegacy } from './decorator-data.ts';
import { currentInjection } from './inject.ts';
import { isModelRef, type ModelRef } from './model-ref.ts';

/** The decorator that {@link model} gives. */
export type ModelDecorator<T> = (target: undefined, context: ClassFieldDecoratorContext<unknown, T>) => () => T;

/**
 * Fills a field with a model before the constructor's body and the start-up hooks run. A text is the tag of a model in
 * the store, as for {@link bentoModel}.
 *
 * @example
 * ```ts
 * @model('iris:latest') iris!: Model;
 * @model(localFolder('./weights')) weights!: string;
 * ```
 * @throws ServiceError `MODEL_MISSING` when the class is constructed by hand and the model is not present.
 */
export function model(tag: string): ModelDecorator<Model>;
export function model<T>(ref: ModelRef<T>): ModelDecorator<T>;
export function model<T>(given: string | ModelRef<T>): ModelDecorator<T | Model> {
  const { ref, problem } = readModelRef(given);
  return (_target, context) => {
    refuseLegacy('@model', context);
    const field = String(context.name);
    const data = ownData(context.metadata);
    const wrong = fieldProblem(context) ?? problem;
    if (ref && wrong === undefined) data.models.push({ field, ref });
    else data.problems.push(`${field} ${wrong}`);
    return function initialise(this: unknown) {
      const service = (this as object).constructor.name;
      if (!ref) throw new ServiceError('SERVICE_INVALID', { problem: `${service}.${field} ${problem}` });
      const injection = currentInjection();
      const isInjected = injection?.serviceClass === (this as object).constructor && injection.models.has(field);
      if (isInjected) return injection.models.get(field) as T; // resolved by this very ref's kind
      const present = ref.find({ folder: process.cwd() });
      if (present !== undefined) return present as T; // a tag gives a model, for which the overload says so
      throw new ServiceError('MODEL_MISSING', {
        service,
        field,
        problem: `${JSON.stringify(ref.toInfo())} is not present, seen from ${process.cwd()}; serve the class with \`bento serve\`, which says how to get it`,
      });
    };
  };
}

/** The reference that a field is given, or what is wrong with it, as it reads after the name of the field. */
export function readModelRef(
  given: unknown,
):
  | { readonly ref: ModelRef<unknown>; readonly problem?: undefined }
  | { readonly ref?: undefined; readonly problem: string } {
  if (isModelRef(given)) return { ref: given };
  if (typeof given !== 'string') {
    const remedy = 'give it the tag of a model, localFolder(…), npmPackage(…) or a reference of your own';
    return { problem: `has @model(…) with something that is no reference to a model; ${remedy}` };
  }
  try {
    return { ref: bentoModel(given) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { problem: `has @model(…) with a text, and ${problem}; a folder is localFolder(${JSON.stringify(given)})` };
  }
}

function fieldProblem(context: ClassFieldDecoratorContext): string | undefined {
  if (context.kind !== 'field') return `is a ${context.kind}, and @model goes on a field`;
  if (context.private || context.static) return 'is private or static, and @model needs a plain field of the instance';
  return undefined;
}
