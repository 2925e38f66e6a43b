/** Reads what the options of `@api` say about a method from their type, without running anything. */
import type { Compiler, DecoratorDescription } from './compiler.ts';

/** What the options say that changes how a method's types are read. */
export interface ApiOptionsType {
  /** Whether the body as a whole is the one argument; `unclear` where the type allows both. */
  readonly body: boolean | 'unclear';
}

/** Reads the type of the options that a decorator was called with. */
export function readApiOptions(decorator: DecoratorDescription, compiler: Compiler): ApiOptionsType {
  const type = compiler.argument(decorator);
  const shape = type && compiler.describe(type).shape;
  const properties = shape?.kind === 'structure' ? shape.properties : [];
  const body = properties.find(({ name }) => name === 'body');
  if (!body) return { body: false };
  const value = compiler.describe(body.type).shape;
  const isKnown = value.kind === 'literal' && (!body.isOptional || value.value === false);
  return { body: isKnown ? value.value === true : 'unclear' };
}
