/** What reflection asks of a TypeScript compiler: few calls that give plain descriptions, so that another compiler fits. */
import type { SourceLocation } from '../spec/service-spec.ts';

/**
 * A program that was read but not run. Everything is asked for by handle and answered with plain data; no compiler
 * object leaves it. At most 15 calls, so that the API of TypeScript 7 can take the place of TypeScript 6's.
 */
export interface Compiler {
  /** The author's own files that took part, with a hash of the bytes that were read; the entry file is the first. */
  sources(): readonly SourceText[];
  /** The text of a file that took part, as it was read. */
  textOf(file: string): string | undefined;
  /** The tsconfig files that took part, those that it extends included. */
  configs(): readonly SourceText[];
  /** Whether a name that the platform declares may be unknown here, since loading all of them takes long. */
  lacksGlobals(): boolean;
  /** What is wrong with the syntax of the author's own files. */
  syntaxErrors(): readonly SourceProblem[];
  /** The classes at the top level of the entry file, in source order. */
  classes(): readonly ClassDescription[];
  /** The methods of a class's instances, own and inherited, that carry a decorator. */
  methods(of: ClassDescription): readonly MethodDescription[];
  /** The type of what a decorator was called with; `undefined` where it was called with nothing, or not called. */
  argument(of: DecoratorDescription): TypeHandle | undefined;
  /** What a type is, one level deep. */
  describe(type: TypeHandle): TypeDescription;
  /** What `await` makes of a value of the type. */
  awaited(type: TypeHandle): TypeHandle;
  /** The items of a value that `for await` can walk through; `undefined` where it cannot. */
  asyncItem(type: TypeHandle): TypeHandle | undefined;
}

/** A file as it was when it was read. */
export interface SourceText {
  readonly file: string;
  /** Hexadecimal SHA-256 of its bytes. */
  readonly sha256: string;
}

/** A piece of a source. */
export interface SourceRange extends SourceLocation {
  /** In UTF-16 units, line breaks included. */
  readonly length: number;
}

/** Something that is wrong at a place. */
interface SourceProblem {
  readonly location: SourceRange;
  readonly message: string;
}

/** Stands for a type. Handles of the same type have the same `id`. */
export interface TypeHandle {
  readonly id: number;
}

/** A JSDoc comment as written, with its opening and closing marks. */
export interface Comment {
  readonly text: string;
  readonly location: SourceLocation;
  /** Whether the author wrote it; the comments of installed packages follow other conventions. */
  readonly isOwn: boolean;
}

/** A decorator, resolved through imports and aliases to where it was declared. */
export interface DecoratorDescription {
  /** Name in its declaration, whatever name it was imported under. */
  readonly name: string;
  /** File of the declaration; absent if it was not found. */
  readonly declaredIn?: string;
  /** The module that it is imported from, where that module was not found. */
  readonly missingModule?: string;
  readonly location: SourceLocation;
}

/** A class at the top level of a file. */
export interface ClassDescription {
  /** `default` for a class without a name. */
  readonly name: string;
  readonly exportName?: string;
  readonly decorators: readonly DecoratorDescription[];
  readonly comment?: Comment;
  readonly location: SourceLocation;
}

/** A method of a class's instances. */
export interface MethodDescription {
  readonly name: string;
  /** Those of the method and of the methods that it overrides. */
  readonly decorators: readonly DecoratorDescription[];
  readonly comment?: Comment;
  readonly isGenerator: boolean;
  /** More than 1 for an overloaded method. */
  readonly signatureCount: number;
  /** Names of the method's own type parameters. */
  readonly typeParameters: readonly string[];
  /** Without `this`. */
  readonly parameters: readonly ParameterDescription[];
  readonly returns: TypeHandle;
  readonly isReturnAnnotated: boolean;
  /** Of the return type where it is written, else of the name. */
  readonly returnLocation: SourceLocation;
  readonly location: SourceLocation;
}

/** A parameter of a method. */
export interface ParameterDescription {
  readonly form: 'named' | 'destructured' | 'rest';
  /** As written, for a destructured parameter too. */
  readonly name: string;
  readonly type: TypeHandle;
  readonly isAnnotated: boolean;
  /** Whether it carries a question mark or an initialiser, or its type includes `undefined`. */
  readonly isOptional: boolean;
  /** `literal` if its value is known without running anything. */
  readonly initialiser?: { readonly kind: 'literal'; readonly value: unknown } | { readonly kind: 'expression' };
  /** A comment inside the parameter list. */
  readonly comment?: Comment;
  readonly location: SourceLocation;
}

/** A property of an object type. */
export interface PropertyDescription {
  readonly name: string;
  readonly type: TypeHandle;
  readonly isOptional: boolean;
  /** Whether it was declared as a method, or its key is a symbol. */
  readonly isMethod: boolean;
  readonly comment?: Comment;
  /** Absent where only the compiler knows the property. */
  readonly location?: SourceLocation;
  /** Whether the author wrote it, and not an installed package. */
  readonly isOwn: boolean;
}

/** One place of a tuple. */
export interface TupleElement {
  readonly form: 'required' | 'optional' | 'rest';
  readonly name?: string;
  /** Of one item, for `rest` too. */
  readonly type: TypeHandle;
}

/** The keys and values of an index signature. */
export interface IndexDescription {
  readonly key: TypeHandle;
  readonly value: TypeHandle;
}

/** What a type is made of. */
export type TypeShape =
  | {
      readonly kind:
        | 'string'
        | 'number'
        | 'boolean'
        | 'null'
        /** `void` too. */
        | 'undefined'
        | 'any'
        | 'unknown'
        | 'never'
        | 'bigint'
        | 'symbol'
        /** The keyword `object`. */
        | 'object'
        | 'function'
        /** An enum member whose value is computed when the program runs. */
        | 'computedEnum'
        /** A type parameter, or a type that depends on one. */
        | 'generic'
        /** The compiler could not find it. */
        | 'unresolved';
    }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | bigint }
  | { readonly kind: 'template'; readonly parts: readonly (string | TypeHandle)[] }
  | { readonly kind: 'array'; readonly element: TypeHandle }
  | { readonly kind: 'tuple'; readonly elements: readonly TupleElement[] }
  /** Flat: no member is a union itself; `boolean` may come as its two literals. */
  | { readonly kind: 'union'; readonly members: readonly TypeHandle[] }
  /** Declared by the language or the platform, for example `Date`; not for arrays. */
  | { readonly kind: 'library'; readonly name: string; readonly arguments: readonly TypeHandle[] }
  | {
      readonly kind: 'structure';
      readonly properties: readonly PropertyDescription[];
      /** Of `[key: string]`, `[key: number]` and keys that are templates. */
      readonly indexes: readonly IndexDescription[];
    };

/** A mark that exists for the compiler only, such as the `Min<0>` of `number & Min<0>`. */
export interface Brand {
  /** Name of the symbol that is its key. */
  readonly name: string;
  /** File that declares the symbol. */
  readonly declaredIn: string;
  readonly value: TypeHandle;
}

/** A schema of the author's that a type was inferred from, as `z.infer<typeof Person>` is. */
export interface InferredFrom {
  /** As it is written after `typeof`. */
  readonly name: string;
  readonly gives: 'input' | 'output';
  /** Where it can be imported from; absent if no file of the author's exports it. */
  readonly exported?: { readonly file: string; readonly path: readonly string[] };
}

/** What is known of a type, one level deep. */
export interface TypeDescription {
  /** As written where that is known, else as the compiler prints it; on one line. */
  readonly text: string;
  /** Where the author wrote it; absent where it was inferred, or an installed package wrote it. */
  readonly written?: SourceRange;
  /** Of the alias, interface, class or enum that it was declared as. */
  readonly name?: string;
  readonly nameArguments: readonly TypeHandle[];
  /** Whether the name belongs to the language itself, as `Partial` does. */
  readonly isLibraryName: boolean;
  /** File that declares the name. */
  readonly declaredIn?: string;
  /** Comments of the aliases and declarations that it is known under, the outermost last. */
  readonly comments: readonly Comment[];
  /** What the type is intersected with beside what its values are. */
  readonly brands: readonly Brand[];
  readonly shape: TypeShape;
  readonly inferredFrom?: InferredFrom;
}
