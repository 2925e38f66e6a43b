/** Spares the compiler what no type that crosses the wire can depend on. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The folder of bentots itself: of its sources, or of what was built of them. */
const own = fileURLToPath(new URL('../', import.meta.url)).replaceAll('\\', '/');

/** The declarations of the language and the platform, whose comments nobody is shown; they are most of their text. */
const platform = /\/node_modules\/(?:typescript\/lib|@types\/node|undici-types)\//;

/** Makes a compiler host leave out the packages that bentots imports, and the comments of the platform. */
export function readLess(host: ts.CompilerHost, options: ts.CompilerOptions): void {
  const found = ts.createModuleResolutionCache(host.getCurrentDirectory(), host.getCanonicalFileName, options);
  host.getModuleResolutionCache = () => found;
  host.resolveModuleNameLiterals = (literals, from, redirected, options, file) =>
    literals.map((literal) => {
      if (from.startsWith(own) && !literal.text.startsWith('.')) return { resolvedModule: undefined };
      const mode = ts.getModeForUsageLocation(file, literal, options);
      return ts.resolveModuleName(literal.text, from, options, host, found, redirected, mode);
    });
  const parse = host.getSourceFile.bind(host);
  host.getSourceFile = (file, how, ...rest) => {
    if (typeof how === 'number' || !platform.test(file)) return parse(file, how, ...rest);
    return parse(file, { ...how, jsDocParsingMode: ts.JSDocParsingMode.ParseNone }, ...rest);
  };
}
