/** Lays our compiler options over those of the author's tsconfig. */
import { dirname, extname } from 'node:path';
import ts from 'typescript';
import { ServiceError } from '../errors.ts';
import { printLocation, withFrame } from './problems.ts';

/** What one program is made from. */
export interface ProgramOptions {
  readonly options: ts.CompilerOptions;
  /** Declaration files that the tsconfig includes: they may declare global names. */
  readonly declarationFiles: readonly string[];
  /** The tsconfig and what it extends. */
  readonly configFiles: readonly string[];
  /** Whether declarations of the platform were left out that the author did not ask for, and may mean all the same. */
  readonly lacksGlobals: boolean;
}

/** Wins over the author's options: a decorator means what bentots takes it for, and `null` is told from other values. */
const forced: ts.CompilerOptions = {
  allowImportingTsExtensions: true,
  composite: false,
  declaration: false,
  emitDecoratorMetadata: false,
  experimentalDecorators: false,
  incremental: false,
  noEmit: true,
  noImplicitAny: true,
  skipLibCheck: true,
  strict: true,
  strictNullChecks: true,
  useDefineForClassFields: true,
};

/**
 * Reads a tsconfig.
 * @param conditions are resolved beside the author's own.
 * @param hasAllGlobals whether an author who says nothing of `lib` and `types` gets the browser's declarations and all
 *   of `@types`, as TypeScript before 6 does. They more than double the time, and few services need them.
 * @throws SOURCE_BROKEN naming file and line if the tsconfig, or one that it extends, cannot be read.
 */
export function readOptions(
  entry: string,
  tsconfig: string | undefined,
  conditions: readonly string[],
  hasAllGlobals: boolean,
  readFile: (file: string) => string | undefined,
): ProgramOptions {
  const read = tsconfig === undefined ? undefined : parseConfig(tsconfig, readFile);
  const author = read?.options ?? {};
  const options: ts.CompilerOptions = {
    ...(hasAllGlobals ? { types: ['*'] } : { types: [], lib: ['lib.esnext.d.ts'] }),
    ...(author.module === undefined && author.moduleResolution === undefined && { module: ts.ModuleKind.NodeNext }),
    ...(author.target === undefined && { target: ts.ScriptTarget.ESNext }),
    ...(/^\.[cm]?jsx?$/.test(extname(entry)) && { allowJs: true }),
    ...author,
    ...forced,
  };
  if (conditions.length > 0) options.customConditions = [...(author.customConditions ?? []), ...conditions];
  return {
    options,
    declarationFiles: read?.declarationFiles ?? [],
    configFiles: read?.configFiles ?? [],
    lacksGlobals: !hasAllGlobals && (author.lib === undefined || author.types === undefined),
  };
}

function parseConfig(tsconfig: string, readFile: (file: string) => string | undefined): ReadConfig {
  const source = ts.readJsonConfigFile(tsconfig, readFile);
  const host: ts.ParseConfigHost = {
    useCaseSensitiveFileNames: ts.sys.useCaseSensitiveFileNames,
    fileExists: ts.sys.fileExists,
    readFile,
    // Sources are found by following the entry's imports; only declarations act without being imported.
    readDirectory: (folder, _extensions, exclude, include, depth) =>
      ts.sys.readDirectory(folder, ['.d.ts', '.d.mts', '.d.cts'], exclude, include, depth),
  };
  const parsed = ts.parseJsonSourceFileConfigFileContent(source, host, dirname(tsconfig), undefined, tsconfig);
  // Not one of TypeScript's: the parser keeps what is wrong with the text itself apart.
  const { parseDiagnostics } = source as ts.TsConfigSourceFile & { parseDiagnostics?: readonly ts.Diagnostic[] };
  const broken = [...(parseDiagnostics ?? []), ...parsed.errors].find(isFatal);
  if (broken) throw toError(broken, tsconfig);
  return {
    options: parsed.options,
    declarationFiles: parsed.fileNames.filter(
      (file) => /\.d\.[cm]?ts$/.test(file) && declaresGlobals(readFile(file) ?? ''),
    ),
    configFiles: [tsconfig, ...(source.extendedSourceFiles ?? [])],
  };
}

/** Other declaration files, such as those that a build leaves in `dist`, count only where they are imported. */
function declaresGlobals(text: string): boolean {
  return !/^(?:import|export)\b/m.test(text) || /^\s*declare (?:global\b|module ['"])/m.test(text);
}

type ReadConfig = Pick<ProgramOptions, 'options' | 'declarationFiles' | 'configFiles'>;

/** Unknown options belong to other versions of TypeScript; what cannot be read at all changes the meaning of the rest. */
function isFatal({ code, category }: ts.Diagnostic): boolean {
  // Not readable, a value of the wrong type, not an object, a file that is not there, an `extends` in a circle.
  const unreadable = [5012, 5083, 5024, 5092, 6053, 6096, 18000];
  return category === ts.DiagnosticCategory.Error && (code < 2000 || unreadable.includes(code));
}

function toError({ file, start, length, messageText }: ts.Diagnostic, tsconfig: string): ServiceError {
  const { line, character } = file?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0, character: 0 };
  const range = { file: file?.fileName ?? tsconfig, line: line + 1, column: character + 1, length: length ?? 1 };
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  return new ServiceError('SOURCE_BROKEN', {
    file: printLocation(range),
    problem: withFrame(message, range, file?.text),
  });
}
