/** Decorates classes by hand, as a compiler does, for tests that run without one; and a model to refer to. */
import type { ModelRef } from './model-ref.ts';

type Decorator = (target: never, context: never) => unknown;

interface Member {
  readonly name: string | symbol;
  readonly kind?: string;
  readonly static?: boolean;
  readonly private?: boolean;
}

/** What a compiler hands to a member's decorator. */
export function contextOf(member: Member, metadata: object): never {
  const { name, kind = 'method', static: isStatic = false, private: isPrivate = false } = member;
  return { kind, name, static: isStatic, private: isPrivate, metadata, addInitializer() {}, access: {} } as never;
}

const metadataKey = () => (Symbol as { metadata?: symbol }).metadata as symbol; // set once decorator-data.ts is loaded

/** The metadata of a class to be: its base's is behind it. */
export function metadataFor(base?: object): object {
  return Object.create((base as Record<symbol, object> | undefined)?.[metadataKey()] ?? null);
}

/** Decorates members, then the class, in the order in which a compiler does. */
export function decorate<Class extends abstract new () => object>(
  target: Class,
  members: readonly (readonly [decorator: Decorator, member: string | Member])[],
  ...classDecorators: readonly Decorator[]
): Class {
  const metadata = metadataFor(Object.getPrototypeOf(target));
  for (const [decorator, member] of members) {
    const given = typeof member === 'string' ? { name: member } : member;
    decorator((() => {}) as never, contextOf(given, metadata));
  }
  for (const decorator of classDecorators)
    decorator(target as never, { kind: 'class', name: target.name, metadata } as never);
  Object.defineProperty(target, metadataKey(), { value: metadata, configurable: true });
  return target;
}

/** A model that is always there, or, without a value, never. */
export function modelRef(value: string | undefined, info: object = { value }): ModelRef<string> {
  return {
    toInfo: () => ({ kind: 'test', ...info }),
    fromInfo: (info) => modelRef(info.value as string | undefined),
    find: () => value,
    async resolve() {
      if (value === undefined) throw new Error('it is nowhere');
      return value;
    },
  };
}
