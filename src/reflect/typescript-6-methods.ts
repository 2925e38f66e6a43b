/** Describes the classes of a file, their decorators, methods and parameters with TypeScript 6's checker. */
import ts from 'typescript';
import type {
  ClassDescription,
  DecoratorDescription,
  MethodDescription,
  ParameterDescription,
  TypeHandle,
} from './compiler.ts';
import { readLiteral } from './typescript-6-literals.ts';
import type { Places } from './typescript-6-places.ts';
import type { TypeReader } from './typescript-6-types.ts';

/** The part of the compiler interface that is about classes. */
export interface ClassReader {
  classes(): ClassDescription[];
  methods(of: ClassDescription): MethodDescription[];
  argument(of: DecoratorDescription): TypeHandle | undefined;
}

/** Makes the reader for the classes of one file. */
export function createClassReader(
  file: ts.SourceFile,
  checker: ts.TypeChecker,
  places: Places,
  types: TypeReader,
): ClassReader {
  const nodes = new Map<ClassDescription, ts.ClassDeclaration>();
  const decoratorNodes = new Map<DecoratorDescription, ts.Decorator>();

  const describeClass = (node: ts.ClassDeclaration): ClassDescription => {
    const comment = places.commentOf(node);
    const exportName = exportNames().get(symbolOf(node));
    const description = {
      name: node.name?.text ?? 'default',
      ...(exportName !== undefined && { exportName }),
      decorators: decoratorsOf(node),
      ...(comment && { comment }),
      location: places.locate(node.name ?? node),
    };
    nodes.set(description, node);
    return description;
  };

  const symbolOf = (node: ts.ClassDeclaration) => checker.getTypeAtLocation(node).symbol;

  const exportNames = () => {
    const module = checker.getSymbolAtLocation(file);
    const names = new Map<ts.Symbol, string>();
    for (const symbol of module ? checker.getExportsOfModule(module) : []) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (!names.has(target)) names.set(target, symbol.name);
    }
    return names;
  };

  const decoratorsOf = (node: ts.HasDecorators): DecoratorDescription[] =>
    (ts.getDecorators(node) ?? []).map((decorator) => {
      const callee = calleeOf(decorator.expression);
      const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
      const imported = checker.getSymbolAtLocation(name);
      const symbol = imported && isAlias(imported) ? checker.getAliasedSymbol(imported) : imported;
      const declaration = symbol?.declarations?.[0];
      const missingModule = declaration ? undefined : missingModuleOf(callee);
      const description = {
        name: declaration ? (symbol?.name ?? name.getText()) : name.getText(),
        ...(declaration && { declaredIn: declaration.getSourceFile().fileName }),
        ...(missingModule !== undefined && { missingModule }),
        location: places.locate(decorator),
      };
      decoratorNodes.set(description, decorator);
      return description;
    });

  /** The module that the first name of the expression is imported from. */
  const missingModuleOf = (callee: ts.Expression): string | undefined => {
    const first = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
    const declaration = checker.getSymbolAtLocation(first)?.declarations?.[0];
    const statement = declaration && ts.findAncestor(declaration, ts.isImportDeclaration);
    return statement && ts.isStringLiteral(statement.moduleSpecifier) ? statement.moduleSpecifier.text : undefined;
  };

  const describeMethod = (symbol: ts.Symbol, owner: ts.Type): MethodDescription | undefined => {
    const node = symbol.valueDeclaration;
    if (!node || !ts.isMethodDeclaration(node)) return undefined;
    const decorators = overridden(symbol.escapedName, owner).flatMap(decoratorsOf);
    if (decorators.length === 0) return undefined;
    const signatures = checker.getSignaturesOfType(checker.getTypeOfSymbol(symbol), ts.SignatureKind.Call);
    const [signature] = signatures;
    if (!signature) return undefined;
    const comment = places.commentOf(node);
    return {
      name: symbol.name,
      decorators,
      ...(comment && { comment }),
      isGenerator: node.asteriskToken !== undefined,
      signatureCount: signatures.length,
      typeParameters: signature.typeParameters?.map((parameter) => parameter.symbol.name) ?? [],
      parameters: signature.parameters.flatMap((parameter) => describeParameter(parameter) ?? []),
      returns: types.handle(signature.getReturnType(), node.type),
      isReturnAnnotated: (node.type ?? ts.getJSDocReturnType(node)) !== undefined,
      returnLocation: places.locate(node.type ?? node.name),
      location: places.locate(node.name),
    };
  };

  /** The declarations of a method in a class and in those that it extends. */
  const overridden = (name: ts.__String, owner: ts.Type): ts.MethodDeclaration[] => {
    const own = owner.symbol?.members?.get(name)?.declarations?.filter(ts.isMethodDeclaration) ?? [];
    const bases = owner.isClassOrInterface() ? checker.getBaseTypes(owner) : [];
    const targets = bases.map((base) => ('target' in base ? (base.target as ts.Type) : base)); // of a generic base
    return [...own, ...targets.flatMap((base) => overridden(name, base))];
  };

  const describeParameter = (symbol: ts.Symbol): ParameterDescription | undefined => {
    const node = symbol.valueDeclaration;
    if (!node || !ts.isParameter(node)) return undefined;
    const { handle, isOptional } = types.optional(checker.getTypeOfSymbol(symbol), node.type);
    const comment = places.commentOf(node);
    const literal = node.initializer && readLiteral(node.initializer, checker);
    return {
      form: node.dotDotDotToken ? 'rest' : ts.isIdentifier(node.name) ? 'named' : 'destructured',
      name: ts.isIdentifier(node.name) ? node.name.text : node.name.getText().replace(/\s+/g, ' '),
      type: handle,
      isAnnotated: (node.type ?? ts.getJSDocType(node)) !== undefined, // in JavaScript a comment gives the type
      isOptional: isOptional || node.questionToken !== undefined || node.initializer !== undefined,
      ...(node.initializer && { initialiser: literal ? { kind: 'literal', ...literal } : { kind: 'expression' } }),
      ...(comment && { comment }),
      location: places.locate(node.name),
    };
  };

  return {
    argument(of) {
      const expression = decoratorNodes.get(of)?.expression;
      const [first] = expression && ts.isCallExpression(expression) ? expression.arguments : [];
      return first && types.handle(checker.getTypeAtLocation(first));
    },
    classes: () => file.statements.filter(ts.isClassDeclaration).map(describeClass),
    methods(of) {
      const node = nodes.get(of);
      if (!node) return [];
      const type = checker.getTypeAtLocation(node);
      return checker.getPropertiesOfType(type).flatMap((symbol) => describeMethod(symbol, type) ?? []);
    },
  };
}

function isAlias(symbol: ts.Symbol): boolean {
  return (symbol.flags & ts.SymbolFlags.Alias) !== 0;
}

function calleeOf(expression: ts.Expression): ts.Expression {
  if (ts.isCallExpression(expression) || ts.isParenthesizedExpression(expression))
    return calleeOf(expression.expression);
  return expression;
}
