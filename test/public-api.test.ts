/** The public surface changes only on purpose: the doors are compared with a committed listing. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../', import.meta.url));
const listing = fileURLToPath(new URL('./public-api.txt', import.meta.url));

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly '@bentots/source': string; readonly types: string }>>;
}

/** Every name of a door, with its type as the compiler writes it. */
function surface(): string {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;
  const doors = Object.entries(manifest.exports).flatMap(([door, to]) =>
    typeof to === 'string' ? [] : [[door, `${root}${to['@bentots/source']}`] as const],
  );
  const program = ts.createProgram(
    doors.map(([, file]) => file),
    { ...options(), noEmit: true },
  );
  const checker = program.getTypeChecker();
  return doors
    .map(([door, file]) => {
      const module = program.getSourceFile(file);
      const symbol = module && checker.getSymbolAtLocation(module);
      if (!symbol) throw new Error(`the door ${door} has no module ${file}`);
      const names = checker.getExportsOfModule(symbol).map((name) => describe(checker, name));
      return [`bentots${door.slice(1)}`, ...names.sort().map((line) => `  ${line}`)].join('\n');
    })
    .join('\n\n')
    .concat('\n');
}

function options(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

function describe(checker: ts.TypeChecker, exported: ts.Symbol): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const name = exported.getName();
  if (symbol.flags & ts.SymbolFlags.Class)
    return `class ${name} { ${members(checker, checker.getDeclaredTypeOfSymbol(symbol))} }`;
  if (symbol.flags & ts.SymbolFlags.Interface)
    return `interface ${name} { ${members(checker, checker.getDeclaredTypeOfSymbol(symbol))} }`;
  if (symbol.flags & ts.SymbolFlags.TypeAlias) return `type ${name}`;
  const type = checker.getTypeOfSymbol(symbol);
  if (type.getCallSignatures().length === 0) return `const ${name}: ${checker.typeToString(type)}`;
  return `function ${name} ${type
    .getCallSignatures()
    .map((signature) => checker.signatureToString(signature))
    .join(' & ')}`;
}

function members(checker: ts.TypeChecker, type: ts.Type): string {
  return checker
    .getPropertiesOfType(type)
    .map((member) => member.getName())
    .filter((name) => !name.startsWith('__@') && !name.includes('#'))
    .sort()
    .join(', ');
}

test('the doors give what the listing says; to change it on purpose run the test with UPDATE_LISTING=1', () => {
  const now = surface();
  if (process.env.UPDATE_LISTING === '1') writeFileSync(listing, now);
  assert.equal(now, readFileSync(listing, 'utf8'));
});

test('every door has types and a built file for those who install the package', () => {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;
  for (const [door, to] of Object.entries(exports)) {
    if (typeof to === 'string') continue;
    assert.match(to.types, /^\.\/dist\/.*\.d\.ts$/, door);
  }
});
