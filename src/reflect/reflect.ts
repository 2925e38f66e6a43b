/** Reads the services of a file with the TypeScript compiler, without running them. */
import { resolve } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { ReflectedModule, ReflectedService } from '../spec/reflected.ts';
import type { SourceFile } from '../spec/source-file.ts';
import type { ClassDescription, Compiler, DecoratorDescription, SourceText } from './compiler.ts';
import { parseMethodComment } from './jsdoc.ts';
import { reflectMethod } from './method.ts';
import { createPackageNames } from './package-name.ts';
import { Problems, printLocation, printPath, withFrame } from './problems.ts';
import { findTsconfig } from './tsconfig.ts';

/** What reflection found, and what it read: while that stays the same, so does the answer. */
export interface Reflection {
  readonly module: ReflectedModule;
  /** The author's own source files; the entry file is the first. */
  readonly sources: readonly SourceText[];
  /** The tsconfig that holds for the file, and what it extends. */
  readonly configs: readonly SourceText[];
}

/** For a process that reflects more than once. */
export interface StandingReflection {
  /** What the compiler keeps from one reading for the next; only it looks inside. */
  readonly kept?: Map<string, unknown>;
  /** Told of each file that is read or looked for, also where the reading fails. */
  readonly onLook?: (source: SourceFile) => void;
}

const vocabulary = 'bentots';

/**
 * Reads the services of a file. Loads the compiler, which costs some 0.3 s: a server uses `loadCached` first.
 *
 * @throws SOURCE_BROKEN if a source or the tsconfig cannot be read; names file, line and column.
 * @throws TYPE_UNSUPPORTED listing up to ten types that cannot be sent, each with its place and what to do.
 */
export async function reflect(file: string, standing: StandingReflection = {}): Promise<Reflection> {
  const entry = resolve(file);
  const { openProgram } = await loadCompiler(entry);
  const packageOf = createPackageNames();
  const request = {
    file: entry,
    tsconfig: findTsconfig(entry),
    conditions: import.meta.url.endsWith('.ts') ? ['@bentots/source'] : [], // as our own sources are resolved
    packageOf,
    ...standing,
  };
  const quick = openProgram({ ...request, hasAllGlobals: false });
  const first = reflectProgram(entry, quick, packageOf);
  if ('module' in first || !quick.lacksGlobals()) return finish(first);
  return finish(reflectProgram(entry, openProgram({ ...request, hasAllGlobals: true }), packageOf));
}

async function loadCompiler(file: string) {
  try {
    return await import('./typescript-6.ts');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    const problem =
      'its types are read with the package "typescript", which is not installed; run: npm install typescript@6';
    throw new ServiceError('SOURCE_BROKEN', { file: printPath(file), problem }, { cause });
  }
}

function finish(found: Reflection | { readonly problems: Problems }): Reflection {
  if ('module' in found) return found;
  throw found.problems.toError();
}

function reflectProgram(
  file: string,
  compiler: Compiler,
  packageOf: (file: string) => string | undefined,
): Reflection | { readonly problems: Problems } {
  const [broken] = compiler.syntaxErrors();
  if (broken) {
    const { location, message } = broken;
    const problem = withFrame(message, location, compiler.textOf(location.file));
    throw new ServiceError('SOURCE_BROKEN', { file: printLocation(location), problem });
  }
  const isOurs = (declaredIn: string | undefined) => declaredIn !== undefined && packageOf(declaredIn) === vocabulary;
  const isNamed = (decorator: DecoratorDescription, name: string) => {
    assertFound(decorator);
    return decorator.name === name && isOurs(decorator.declaredIn);
  };
  const problems = new Problems(compiler.textOf);
  const services: ReflectedService[] = [];
  for (const described of compiler.classes()) {
    if (!described.decorators.some((decorator) => isNamed(decorator, 'service'))) continue;
    const methods = compiler
      .methods(described)
      .flatMap((method) => {
        const api = method.decorators.find((decorator) => isNamed(decorator, 'api'));
        return api ? [reflectMethod(method, api, described.name, { compiler, problems, isOurs })] : [];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1)); // the same in every locale
    services.push(toService(described, methods));
  }
  if (!problems.isEmpty) return { problems };
  return {
    module: { file, services, warnings: problems.warnings },
    sources: compiler.sources(),
    configs: compiler.configs(),
  };
}

function toService(described: ClassDescription, methods: ReflectedService['methods']): ReflectedService {
  const { description } = parseMethodComment(described.comment);
  return {
    className: described.name,
    ...(described.exportName !== undefined && { exportName: described.exportName }),
    ...(description !== '' && { description }),
    methods,
    source: described.location,
  };
}

function assertFound({ missingModule, location }: DecoratorDescription): void {
  if (missingModule !== vocabulary) return;
  throw new ServiceError('SOURCE_BROKEN', {
    file: printLocation(location),
    problem: `the package "${vocabulary}" is not installed where this file can import it; run: npm install ${vocabulary}`,
  });
}
