/** Finds the schema that a type is inferred from: `z.infer<typeof Person>`, `typeof Person.infer` and their like. */
import ts from 'typescript';
import type { InferredFrom } from './compiler.ts';
import type { Places } from './typescript-6-places.ts';

/** The words of the libraries for the type that a schema gives, and for the one that it takes. */
const words: ReadonlyMap<string, InferredFrom['gives']> = new Map([
  ['infer', 'output'],
  ['output', 'output'],
  ['TypeOf', 'output'],
  ['InferOutput', 'output'],
  ['inferOut', 'output'],
  ['input', 'input'],
  ['InferInput', 'input'],
  ['inferIn', 'input'],
]);

/** Gives a function that finds the schema behind a type as it is written. */
export function createSchemaFinder(
  checker: ts.TypeChecker,
  places: Places,
): (node: ts.TypeNode) => InferredFrom | undefined {
  const symbolOf = (name: ts.Node) => {
    const symbol = checker.getSymbolAtLocation(name);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  };

  /** Where a value can be imported from: an export, or a property of one. */
  const reach = (symbol: ts.Symbol): InferredFrom['exported'] => {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    const file = declaration?.getSourceFile();
    if (!declaration || !file || file.isDeclarationFile || !places.isOwn(file)) return undefined;
    const module = checker.getSymbolAtLocation(file);
    const exported = module && checker.getExportsOfModule(module).find((one) => targetOf(one, checker) === symbol);
    if (exported) return { file: file.fileName, path: [exported.name] };
    if (!ts.isPropertyAssignment(declaration) && !ts.isShorthandPropertyAssignment(declaration)) return undefined;
    const holder = ts.findAncestor(
      declaration.parent,
      (node) => ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isStatement(node),
    );
    if (!holder || ts.isStatement(holder)) return undefined;
    const outer = symbolOf((holder as ts.VariableDeclaration | ts.PropertyAssignment).name); // the only ones that are left
    const way = outer && reach(outer);
    return way && { file: way.file, path: [...way.path, symbol.name] };
  };

  return (node) => {
    const found = readInference(node);
    const symbol = found && symbolOf(found.schema);
    if (!symbol || !checker.getTypeOfSymbol(symbol).getProperty('~standard')) return undefined;
    const exported = reach(symbol);
    return { name: found.schema.getText(), gives: found.gives, ...(exported && { exported }) };
  };
}

/** The name of the schema, and which of its types is meant. */
function readInference(
  node: ts.TypeNode,
): { readonly schema: ts.EntityName; readonly gives: InferredFrom['gives'] } | undefined {
  if (ts.isTypeReferenceNode(node)) {
    const [argument, second] = node.typeArguments ?? [];
    const gives = words.get(lastName(node.typeName));
    if (!gives || second || !argument || !ts.isTypeQueryNode(argument)) return undefined;
    return { schema: argument.exprName, gives };
  }
  if (!ts.isTypeQueryNode(node) || !ts.isQualifiedName(node.exprName)) return undefined;
  const gives = words.get(node.exprName.right.text);
  return gives && { schema: node.exprName.left, gives };
}

function lastName(name: ts.EntityName): string {
  return ts.isQualifiedName(name) ? name.right.text : name.text;
}

function targetOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
