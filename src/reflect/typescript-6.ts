/** The compiler interface on TypeScript 6: loading this file loads the compiler. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { ServiceError } from '../errors.ts';
import type { SourceFile } from '../spec/source-file.ts';
import type { Compiler, SourceText } from './compiler.ts';
import { printPath } from './problems.ts';
import { type KeptFiles, keepParsed } from './typescript-6-kept.ts';
import { readLess } from './typescript-6-less.ts';
import { createClassReader } from './typescript-6-methods.ts';
import { readOptions } from './typescript-6-options.ts';
import { createPlaces } from './typescript-6-places.ts';
import { createTypeReader } from './typescript-6-types.ts';

/** What a program is opened from. */
export interface ProgramRequest {
  /** Absolute path of the entry file. */
  readonly file: string;
  readonly tsconfig: string | undefined;
  /** Conditions of package exports to resolve beside the author's. */
  readonly conditions: readonly string[];
  /** Whether to load what the platform declares even where the author does not ask for it. */
  readonly hasAllGlobals: boolean;
  /** Name of the package that holds a file. */
  readonly packageOf: (file: string) => string | undefined;
  /** What earlier programs have parsed, if there are any. */
  readonly kept?: KeptFiles;
  /** Told of each file that is read or looked for. */
  readonly onLook?: (source: SourceFile) => void;
}

/**
 * Reads one file and what it imports.
 * @throws SOURCE_BROKEN if the file does not exist or the tsconfig cannot be read.
 */
export function openProgram(request: ProgramRequest): Compiler {
  const { file, tsconfig, conditions, hasAllGlobals, packageOf, kept, onLook } = request;
  const hashes = new Map<string, string>();
  const readFile = (path: string) => {
    const text = readHashed(path, hashes);
    onLook?.({ file: resolve(path), sha256: hashes.get(path) });
    return text;
  };
  const read = readOptions(file, tsconfig, conditions, hasAllGlobals, readFile);
  const { options, declarationFiles, configFiles } = read;
  const host = Object.assign(ts.createCompilerHost(options), { readFile }); // in place: its other calls go through it
  readLess(host, options);
  if (kept) keepParsed(host, options, kept, (path) => (readFile(path) === undefined ? undefined : hashes.get(path)));
  if (onLook) tellOfMissing(host, onLook);
  const program = ts.createProgram([file, ...declarationFiles], options, host);
  const entry = program.getSourceFile(file);
  if (!entry) throw new ServiceError('SOURCE_BROKEN', { file: printPath(file), problem: 'there is no such file' });

  const checker = program.getTypeChecker();
  const isVocabulary = (path: string) => packageOf(file) !== 'bentots' && packageOf(path) === 'bentots';
  const places = createPlaces(program, isVocabulary);
  const types = createTypeReader(checker, places);
  const own = program.getSourceFiles().filter((source) => source === entry || places.isOwn(source));
  const ordered = [entry, ...own.filter((source) => source !== entry)];
  const toText = (path: string): SourceText[] => {
    const sha256 = hashes.get(path);
    return sha256 === undefined ? [] : [{ file: resolve(path), sha256 }];
  };

  return {
    ...createClassReader(entry, checker, places, types),
    sources: () => ordered.flatMap((source) => toText(source.fileName)),
    textOf: (path) => program.getSourceFile(path)?.text,
    configs: () => configFiles.flatMap(toText),
    lacksGlobals: () => read.lacksGlobals,
    syntaxErrors: () =>
      ordered.flatMap((source) =>
        program.getSyntacticDiagnostics(source).map(({ start, length, messageText }) => ({
          location: { ...places.locateOffset(source, start), length },
          message: ts.flattenDiagnosticMessageText(messageText, ' '),
        })),
      ),
    describe: types.describe,
    awaited: types.awaited,
    asyncItem: types.asyncItem,
  };
}

/** A file that an import could mean will be meant once it is there. */
function tellOfMissing(host: ts.CompilerHost, onLook: (source: SourceFile) => void): void {
  const exists = host.fileExists.bind(host);
  const isFolder = host.directoryExists?.bind(host);
  // In a folder that is not there the compiler would not look for files.
  host.directoryExists = (path) => !path.includes('/node_modules') || (isFolder?.(path) ?? true);
  host.fileExists = (path) => {
    const isThere = exists(path);
    if (!isThere && /\.(?:[cm]?[jt]sx?|json)$/.test(path)) onLook({ file: resolve(path), sha256: undefined });
    return isThere;
  };
}

/** The hash is of the very bytes that were compiled: the file may change while we look at it. */
function readHashed(path: string, hashes: Map<string, string>): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined; // how the compiler is told that there is no such file
  }
  if (!path.includes('/node_modules/typescript/lib/'))
    hashes.set(path, createHash('sha256').update(bytes).digest('hex'));
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) return ts.sys.readFile(path);
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
