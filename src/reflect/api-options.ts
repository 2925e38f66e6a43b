/** Reads what the options of `@api` say about a method from their type, without running anything. */
import type { Compiler, DecoratorDescription, PropertyDescription } from './compiler.ts';

/** What the options say that changes how a method's types are read. */
export interface ApiOptionsType {
  /** Whether the body as a whole is the one argument; `unclear` where the type allows both. */
  readonly body: boolean | 'unclear';
  /** Whether a schema describes a parameter, by the name of the parameter. */
  describes(parameter: string): boolean;
  readonly describesOutput: boolean;
}

/** Reads the type of the options that a decorator was called with. */
export function readApiOptions(decorator: DecoratorDescription, compiler: Compiler): ApiOptionsType {
  const type = compiler.argument(decorator);
  const shape = type && compiler.describe(type).shape;
  const options = propertiesOf(shape);
  const has = (name: string) => options.some((option) => option.name === name && isGiven(option, compiler));
  const params = options.find(({ name }) => name === 'params');
  const described = params ? propertiesOf(compiler.describe(params.type).shape).map(({ name }) => name) : [];
  return {
    body: shape?.kind === 'union' ? 'unclear' : readBody(options, compiler),
    describes: (parameter) => has('input') || described.includes(parameter),
    describesOutput: has('output'),
  };
}

function readBody(options: readonly PropertyDescription[], compiler: Compiler): boolean | 'unclear' {
  const body = options.find(({ name }) => name === 'body');
  if (!body) return false;
  const { kind, ...rest } = compiler.describe(body.type).shape;
  if (kind === 'undefined') return false;
  const value = 'value' in rest ? rest.value : undefined;
  const isKnown = value === false || (value === true && !body.isOptional);
  return isKnown ? value === true : 'unclear';
}

function isGiven({ type }: PropertyDescription, compiler: Compiler): boolean {
  return compiler.describe(type).shape.kind !== 'undefined';
}

function propertiesOf(shape: ReturnType<Compiler['describe']>['shape'] | undefined): readonly PropertyDescription[] {
  return shape?.kind === 'structure' ? shape.properties : [];
}
