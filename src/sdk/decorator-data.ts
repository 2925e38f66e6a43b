/** Where decorators write down what they see: on the class's own metadata, as data. */
import { ServiceError } from '../errors.ts';
import { decoratedKey } from '../spec/decorated.ts';
import { copyOf } from './copy.ts';
import type { EvaluationArguments } from './inject.ts';
import { legacyDecoratorError } from './legacy-decorators.ts';
import type { ModelRef } from './model-ref.ts';

// No Node has Symbol.metadata yet, and compilers use it only if it is there before the class is evaluated.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata');

/** What the decorators of one class, without those of its bases, have said. */
export interface ClassData {
  readonly apis: { readonly name: string; readonly options: Readonly<Record<string, unknown>> }[];
  readonly startupHooks: string[];
  readonly shutdownHooks: string[];
  readonly aliveHooks: string[];
  readonly readyHooks: string[];
  /** Static methods. */
  readonly deploymentHooks: string[];
  readonly models: {
    readonly field: string;
    readonly ref: ModelRef<unknown>;
    /** Whether no decorator fills the field. */
    readonly isAssigned?: true;
  }[];
  /** URL of the module that wrote this: with another version of the spec all that is known of it. */
  readonly writtenBy: string;
  /** Wrong uses; raised by `@service`, which alone knows the name of the class. Each reads on after "Class.". */
  readonly problems: string[];
  metricsFilter?: string;
  /** Those that its module was evaluated with, where a server did that. */
  evaluation?: EvaluationArguments;
  /** Present on the class that carries `@service`. */
  service?: { readonly className: string; readonly options: Readonly<Record<string, unknown>> };
}

type Metadata = { [decoratedKey]?: ClassData };

/** The data of the class that is being decorated, made at the first call. */
export function ownData(metadata: DecoratorMetadata | undefined): ClassData {
  if (!metadata) {
    throw new ServiceError('SERVICE_INVALID', {
      problem: 'decorators got no metadata: import bentots before the class, or load it with `bento serve`',
    });
  }
  const holder = metadata as Metadata; // a symbol key that only this file writes
  if (!Object.hasOwn(holder, decoratedKey)) {
    holder[decoratedKey] = {
      apis: [],
      startupHooks: [],
      shutdownHooks: [],
      aliveHooks: [],
      readyHooks: [],
      deploymentHooks: [],
      models: [],
      writtenBy: import.meta.url,
      problems: [],
    };
  }
  return holder[decoratedKey] as ClassData; // set by the line above
}

/** The metadata of a class that no decorator has seen; its base's is behind it. */
export function metadataOf(serviceClass: object): DecoratorMetadata {
  const symbol = (Symbol as { metadata?: symbol }).metadata as symbol; // set above
  if (!Object.hasOwn(serviceClass, symbol)) {
    const inherited = (serviceClass as Record<symbol, DecoratorMetadata | undefined>)[symbol];
    Object.defineProperty(serviceClass, symbol, { value: Object.create(inherited ?? null), configurable: true });
  }
  return (serviceClass as Record<symbol, DecoratorMetadata>)[symbol] as DecoratorMetadata; // set by the lines above
}

/**
 * The data of a class and its bases, the most distant base first.
 * @throws ServiceError `COPY_MISMATCH` if one of them is decorated by another version of bentots, in other words.
 */
export function dataChain(serviceClass: object): ClassData[] {
  const chain: ClassData[] = [];
  const symbol = (Symbol as { metadata?: symbol }).metadata as symbol; // set above
  let metadata = (serviceClass as Record<symbol, Metadata | null | undefined>)[symbol];
  while (metadata) {
    refuseOtherSpec(metadata, serviceClass);
    if (Object.hasOwn(metadata, decoratedKey)) chain.unshift(metadata[decoratedKey] as ClassData);
    metadata = Object.getPrototypeOf(metadata) as Metadata | null;
  }
  return chain;
}

/**
 * Whether a value is a class that itself carries `@service`.
 * @throws ServiceError `COPY_MISMATCH` if it is decorated by another version of bentots, in other words.
 */
export function isServiceClass(value: unknown): value is new () => object {
  if (typeof value !== 'function') return false;
  const symbol = (Symbol as { metadata?: symbol }).metadata as symbol; // set above
  const metadata = Object.hasOwn(value, symbol) ? (value as unknown as Record<symbol, Metadata>)[symbol] : undefined;
  if (!metadata) return false;
  refuseOtherSpec(metadata, value);
  return Object.hasOwn(metadata, decoratedKey) && metadata[decoratedKey]?.service !== undefined;
}

function refuseOtherSpec(metadata: object, decorated: object): void {
  for (const key of Object.getOwnPropertySymbols(metadata)) {
    const spec = key === decoratedKey ? undefined : /^bentots\.spec\/(.+)$/.exec(Symbol.keyFor(key) ?? '')?.[1];
    if (spec === undefined) continue;
    const { writtenBy } = (metadata as Record<symbol, { writtenBy?: unknown } | undefined>)[key] ?? {};
    const own = copyOf(import.meta.url);
    throw new ServiceError('COPY_MISMATCH', {
      ...copyOf(writtenBy),
      what: `${(decorated as { name?: unknown }).name || 'a class'} is decorated by`,
      problem: `whose decorators write spec ${spec}, not spec 1`,
      ownVersion: own.version,
      ownFolder: own.folder,
      remedy: 'make it one version: npm ls bentots says who brings which',
    });
  }
}

/** Refuses the two arguments that old-style decorators get. */
export function refuseLegacy(decorator: string, context: unknown): void {
  const isStandard = typeof context === 'object' && context !== null && 'kind' in context && 'metadata' in context;
  if (!isStandard) throw legacyDecoratorError(decorator);
}

/** What decorators are told of a member. */
interface Member {
  readonly kind: string;
  readonly name: string | symbol;
  readonly static: boolean;
  readonly private: boolean;
}

/** Notes a member that cannot be decorated, and says whether it was fine. */
export function isPublicMethod(
  decorator: string,
  context: Member,
  data: ClassData,
  owner: 'instance' | 'static' = 'instance',
): context is { readonly kind: 'method'; readonly name: string; readonly static: boolean; readonly private: false } {
  const problem = memberProblem(decorator, context, owner);
  if (problem !== undefined) data.problems.push(problem);
  return problem === undefined;
}

function memberProblem(decorator: string, context: Member, owner: 'instance' | 'static'): string | undefined {
  const name = String(context.name);
  if (context.kind !== 'method') return `${name} is a ${context.kind}, and ${decorator} goes on a method; make it one`;
  if (typeof context.name === 'symbol')
    return `${name} is named by a symbol, and ${decorator} needs a name that can be written; give it one`;
  if (context.private)
    return `${name} is private, and ${decorator} needs a method that can be called from outside; remove the "#"`;
  if (owner === 'static' && !context.static)
    return `${name} is a method of the instance, and ${decorator} runs before there is one; make it static`;
  if (owner === 'instance' && context.static)
    return `${name} is static, and ${decorator} needs a method of the instance; remove "static"`;
  if (name.startsWith('__')) return `${name} begins with two underscores, which are kept for bentots; rename it`;
  return undefined;
}
