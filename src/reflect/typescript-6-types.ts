/** Describes types with TypeScript 6's checker. */
import ts from 'typescript';
import type {
  Brand,
  Comment,
  PropertyDescription,
  TupleElement,
  TypeDescription,
  TypeHandle,
  TypeShape,
} from './compiler.ts';
import { createSchemaFinder } from './typescript-6-inferred.ts';
import type { Places } from './typescript-6-places.ts';

const maxTextLength = 120;

/** A type, with the syntax that it was written as where that is known: an alias of a primitive exists only in syntax. */
interface Handle extends TypeHandle {
  readonly type: ts.Type;
  readonly node?: ts.TypeNode;
}

/** The part of the compiler interface that is about types. */
export interface TypeReader {
  handle(type: ts.Type, node?: ts.TypeNode): TypeHandle;
  describe(type: TypeHandle): TypeDescription;
  awaited(type: TypeHandle): TypeHandle;
  asyncItem(type: TypeHandle): TypeHandle | undefined;
  /** A handle of the type without `undefined`, and whether that was part of it. */
  optional(type: ts.Type, node?: ts.TypeNode): { readonly handle: TypeHandle; readonly isOptional: boolean };
}

/** Makes the reader for one program. */
export function createTypeReader(checker: ts.TypeChecker, places: Places): TypeReader {
  const ids = new Map<ts.Type, number>();
  const findSchema = createSchemaFinder(checker, places);

  const handle = (type: ts.Type, written?: ts.TypeNode): Handle => {
    const node = written && unwrap(written);
    const id = ids.get(type) ?? ids.size;
    ids.set(type, id);
    return node && isWrittenAs(type, node) ? { id, type, node } : { id, type };
  };

  /** In a generic declaration the syntax speaks of type parameters; then it says nothing about this type. */
  const isWrittenAs = (type: ts.Type, node: ts.TypeNode) => {
    const written = checker.getTypeFromTypeNode(node);
    if (written === type) return true;
    const [seen, wanted] = [new Set(membersOf(type)), membersOf(written)];
    return wanted.length === seen.size && wanted.every((member) => seen.has(member));
  };

  const optional = (type: ts.Type, node?: ts.TypeNode) => {
    const members = membersOf(type);
    const isOptional = members.length > 1 && members.some(isUndefined);
    if (!isOptional) return { handle: handle(type, node), isOptional };
    const defined = checker.getNonNullableType(type);
    const isNullable = members.some((member) => member.flags & ts.TypeFlags.Null);
    const rest = isNullable ? checker.getNullableType(defined, ts.TypeFlags.Null) : defined;
    const plain = handle(rest, node);
    // The written type is the one that knows its alias.
    return { handle: plain.node ? handle(checker.getTypeFromTypeNode(plain.node), plain.node) : plain, isOptional };
  };

  const describe = (from: TypeHandle): TypeDescription => {
    const { type, node: written } = from as Handle; // every handle is made above
    const { node, aliases } = followAliases(written);
    const alias = type.aliasSymbol;
    const symbol = alias ?? (hasNamedSymbol(type) ? type.symbol : undefined);
    const body = node ?? (alias && !type.aliasTypeArguments?.length ? aliasBody(alias) : undefined);
    const named = symbol && !aliases.includes(symbol) ? [symbol, ...aliases] : aliases;
    const nameArguments = alias ? (type.aliasTypeArguments ?? []) : referenceArguments(type);
    const declaration = symbol?.declarations?.[0];
    const inferredFrom = body && findSchema(unwrap(body));
    return {
      text: printType(type, written),
      ...(written && places.isOwn(written.getSourceFile()) && { written: places.rangeOf(written) }),
      ...(symbol && { name: symbol.name }),
      ...(declaration && { declaredIn: declaration.getSourceFile().fileName }),
      nameArguments: nameArguments.map((argument) => handle(argument)),
      isLibraryName: symbol !== undefined && isLibrary(symbol),
      comments: named.filter((one) => !isLibrary(one)).flatMap((one) => commentOf(one) ?? []),
      brands: brandsOf(type),
      shape: shapeOf(type, body && unwrap(body)),
      ...(inferredFrom && { inferredFrom }),
    };
  };

  /** Walks `type A = B; type B = number` down to what is written last. */
  const followAliases = (start: ts.TypeNode | undefined) => {
    const aliases: ts.Symbol[] = [];
    let node = start;
    while (node && ts.isTypeReferenceNode(node)) {
      const symbol = resolve(node.typeName);
      if (!symbol || !(symbol.flags & ts.SymbolFlags.TypeAlias) || aliases.includes(symbol)) break;
      aliases.unshift(symbol);
      const body = node.typeArguments ? undefined : aliasBody(symbol);
      if (!body) break;
      node = unwrap(body);
    }
    return { node, aliases };
  };

  const resolve = (name: ts.Node) => {
    const symbol = checker.getSymbolAtLocation(name);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  };

  const shapeOf = (type: ts.Type, node: ts.TypeNode | undefined): TypeShape => {
    const { flags } = type;
    if (flags & ts.TypeFlags.Any) return { kind: isErrorType(type) ? 'unresolved' : 'any' };
    if (type.isUnion()) {
      return flags & ts.TypeFlags.Boolean
        ? { kind: 'boolean' }
        : { kind: 'union', members: inWrittenOrder(type.types, node) };
    }
    if (type.isStringLiteral() || type.isNumberLiteral()) return { kind: 'literal', value: type.value };
    if (flags & ts.TypeFlags.BigIntLiteral) {
      const { negative, base10Value } = (type as ts.BigIntLiteralType).value; // by its flag
      return { kind: 'literal', value: BigInt(`${negative ? '-' : ''}${base10Value}`) };
    }
    if (flags & ts.TypeFlags.BooleanLiteral) {
      return { kind: 'literal', value: checker.typeToString(type) === 'true' };
    }
    if (flags & ts.TypeFlags.TemplateLiteral) return templateShape(type as ts.TemplateLiteralType); // by its flag
    for (const [flag, kind] of plainKinds) if (flags & flag) return { kind };
    if (checker.isTupleType(type)) return { kind: 'tuple', elements: tupleElements(type as ts.TypeReference, node) };
    if (checker.isArrayType(type)) {
      return { kind: 'array', element: handle(referenceArguments(type)[0] ?? type, elementNode(node)) };
    }
    if (type.isIntersection()) {
      const value = branded(type);
      if (value) return shapeOf(value, undefined);
    }
    if (type.symbol && isLibrary(type.symbol) && hasNamedSymbol(type)) {
      const nodes = node && ts.isTypeReferenceNode(node) ? node.typeArguments : undefined;
      const types = referenceArguments(type);
      return {
        kind: 'library',
        name: type.symbol.name,
        arguments: types.map((argument, at) => handle(argument, nodes?.[at])),
      };
    }
    const signatures = [ts.SignatureKind.Call, ts.SignatureKind.Construct].flatMap((kind) => [
      ...checker.getSignaturesOfType(type, kind),
    ]);
    return signatures.length > 0 ? { kind: 'function' } : structureShape(type, node);
  };

  /** The type of which values are, where the other members of an intersection are brands. */
  const branded = (type: ts.IntersectionType): ts.Type | undefined => {
    // A brand such as `string & { __brand: 'id' }` exists for the compiler only: the value is the primitive.
    const primitive = type.types.find((member) => !(member.flags & ts.TypeFlags.Object));
    if (primitive) return primitive;
    const values = type.types.filter((member) => !isBrand(member));
    return values.length === 1 && values.length < type.types.length ? values[0] : undefined;
  };

  /** A type of which all keys are symbols: no value that could be sent has one. */
  const isBrand = (type: ts.Type) => {
    const properties = checker.getPropertiesOfType(type);
    const isPlain = (type.flags & ts.TypeFlags.Object) !== 0 && checker.getIndexInfosOfType(type).length === 0;
    return (
      isPlain && properties.length > 0 && properties.every((symbol) => symbolName.test(String(symbol.escapedName)))
    );
  };

  const brandsOf = (type: ts.Type): Brand[] => {
    if (!type.isIntersection()) return [];
    const properties = type.types.filter(isBrand).flatMap((member) => checker.getPropertiesOfType(member));
    return properties.flatMap((symbol) => {
      const name = symbolName.exec(String(symbol.escapedName))?.[1];
      const declaredIn = symbol.declarations?.[0]?.getSourceFile().fileName;
      const value = checker.getNonNullableType(checker.getTypeOfSymbol(symbol)); // brands are optional properties
      return name === undefined || declaredIn === undefined ? [] : [{ name, declaredIn, value: handle(value) }];
    });
  };

  const templateShape = (type: ts.TemplateLiteralType): TypeShape => ({
    kind: 'template',
    parts: type.texts
      .flatMap((text, at): (string | TypeHandle)[] => {
        const inner = type.types[at];
        return inner ? [text, handle(inner)] : [text];
      })
      .filter((part) => part !== ''),
  });

  const tupleElements = (type: ts.TypeReference, node: ts.TypeNode | undefined): TupleElement[] => {
    const target = type.target as ts.TupleType; // the caller asked isTupleType
    const nodes = node && ts.isTupleTypeNode(node) ? node.elements : undefined;
    return checker.getTypeArguments(type).map((argument, at) => {
      const flags = target.elementFlags[at] ?? ts.ElementFlags.Required;
      const label = target.labeledElementDeclarations?.[at]?.name;
      const element = nodes?.[at];
      const form =
        flags & ts.ElementFlags.Variable ? 'rest' : flags & ts.ElementFlags.Optional ? 'optional' : 'required';
      const inner = element && tupleElementNode(element);
      return {
        form,
        ...(label && ts.isIdentifier(label) && { name: label.text }),
        type: form === 'optional' ? optional(argument, inner).handle : handle(argument, inner),
      };
    });
  };

  const structureShape = (type: ts.Type, written: ts.TypeNode | undefined): TypeShape => {
    const valueNode = isRecord(type) ? secondArgument(written) : undefined;
    const brands = type.isIntersection() ? type.types.filter(isBrand).flatMap((one) => one.getProperties()) : [];
    const keys = new Set(brands.map(({ escapedName }) => escapedName));
    const properties = checker
      .getPropertiesOfType(type)
      .filter(({ escapedName }) => !keys.has(escapedName))
      .map((symbol) => describeProperty(symbol, valueNode));
    const indexes = checker.getIndexInfosOfType(type).map((index) => ({
      key: handle(index.keyType),
      value: optional(index.type, valueNode ?? index.declaration?.type).handle,
    }));
    return { kind: 'structure', properties, indexes };
  };

  const describeProperty = (symbol: ts.Symbol, valueNode: ts.TypeNode | undefined): PropertyDescription => {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    const node = valueNode ?? (declaration && typeNodeOf(declaration));
    const { handle: type, isOptional } = optional(checker.getTypeOfSymbol(symbol), node);
    const comment = commentOf(symbol);
    const key = String(symbol.escapedName);
    return {
      name: ts.unescapeLeadingUnderscores(symbol.escapedName),
      type,
      isOptional: isOptional || (symbol.flags & ts.SymbolFlags.Optional) !== 0,
      isMethod: (symbol.flags & ts.SymbolFlags.Method) !== 0 || key.startsWith('__@') || key.startsWith('__#'),
      ...(comment && { comment }),
      ...(declaration && { location: places.locate(nameOf(declaration)) }),
      isOwn: declaration !== undefined && places.isOwn(declaration.getSourceFile()),
    };
  };

  /** The checker numbers types in the order in which it meets them; a reader expects the order of the source. */
  const inWrittenOrder = (members: readonly ts.Type[], node: ts.TypeNode | undefined): Handle[] => {
    const order = new Map<ts.Type, ts.TypeNode>();
    const visit = (part: ts.TypeNode) => {
      const { node: inner = part } = followAliases(unwrap(part));
      if (ts.isUnionTypeNode(inner)) return inner.types.forEach(visit);
      for (const member of membersOf(checker.getTypeFromTypeNode(inner))) order.set(member, unwrap(part));
    };
    if (node) visit(node);
    const rank = new Map([...order.keys()].map((member, at) => [member, at]));
    return [...members]
      .sort((a, b) => (rank.get(a) ?? members.length) - (rank.get(b) ?? members.length))
      .map((member) => handle(member, order.get(member)));
  };

  const referenceArguments = (type: ts.Type): readonly ts.Type[] => {
    if (!isReference(type)) return [];
    const own = type.target.typeParameters?.length ?? 0; // after them comes the type of `this`
    return checker.getTypeArguments(type).slice(0, own);
  };

  const asyncItem = (from: TypeHandle) => {
    const { type, node } = from as Handle; // every handle is made above
    const iterator = type.isUnion()
      ? undefined
      : checker.getPropertiesOfType(type).find((symbol) => String(symbol.escapedName).startsWith('__@asyncIterator'));
    if (!iterator) return undefined;
    const [signature] = checker.getSignaturesOfType(checker.getTypeOfSymbol(iterator), ts.SignatureKind.Call);
    const [item] = signature ? referenceArguments(signature.getReturnType()) : [];
    return item && handle(item, firstArgument(followAliases(node).node));
  };

  const awaited = (from: TypeHandle) => {
    const { type, node } = from as Handle; // every handle is made above
    const value = checker.getAwaitedType(type) ?? type;
    return value === type ? from : handle(value, firstArgument(followAliases(node).node));
  };

  const commentOf = (symbol: ts.Symbol): Comment | undefined => {
    for (const declaration of symbol.declarations ?? []) {
      const comment = places.commentOf(declaration);
      if (comment) return comment;
    }
    return undefined;
  };

  const printType = (type: ts.Type, node: ts.TypeNode | undefined) => {
    const text = (node?.getText() ?? checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)).replace(
      /\s+/g,
      ' ',
    );
    return text.length > maxTextLength ? `${text.slice(0, maxTextLength - 1)}…` : text;
  };

  const isRecord = ({ aliasSymbol }: ts.Type) => aliasSymbol?.name === 'Record' && isLibrary(aliasSymbol);

  // Packages add to types of the platform, some of them only so that the names are known: what they add to stays what it is.
  const isLibrary = (symbol: ts.Symbol) =>
    symbol.declarations?.some((declaration) => places.isLibrary(declaration.getSourceFile())) ?? false;

  return { handle, describe, awaited, asyncItem, optional };
}

/** How the checker names the property whose key is a unique symbol. */
const symbolName = /^__@(.+)@\d+$/;

const plainKinds = [
  [ts.TypeFlags.Unknown, 'unknown'],
  [ts.TypeFlags.Enum, 'computedEnum'],
  [ts.TypeFlags.String, 'string'],
  [ts.TypeFlags.Number, 'number'],
  [ts.TypeFlags.BigIntLike, 'bigint'],
  [ts.TypeFlags.ESSymbolLike, 'symbol'],
  [ts.TypeFlags.Null, 'null'],
  [ts.TypeFlags.Undefined | ts.TypeFlags.Void, 'undefined'],
  [ts.TypeFlags.Never, 'never'],
  [ts.TypeFlags.NonPrimitive, 'object'],
  [ts.TypeFlags.Instantiable, 'generic'],
] as const;

function membersOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

function isUndefined(type: ts.Type): boolean {
  return (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) !== 0;
}

/** The checker's mark for what it could not find; the public API shows it only as `any`. */
function isErrorType(type: ts.Type): boolean {
  return (type as { intrinsicName?: string }).intrinsicName === 'error';
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return (
    (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0 // an object by its flag
  );
}

/** Whether the type was declared under a name of its own, as interfaces, classes and enums are. */
function hasNamedSymbol(type: ts.Type): boolean {
  const named = ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.Enum;
  return type.symbol !== undefined && (type.symbol.flags & named) !== 0 && !isTypeOfClass(type);
}

/** `typeof SomeClass` has the symbol of the class, but is its constructor. */
function isTypeOfClass(type: ts.Type): boolean {
  return (
    (type.flags & ts.TypeFlags.Object) !== 0 &&
    ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Anonymous) !== 0 && // an object by its flag
    (type.symbol.flags & ts.SymbolFlags.Class) !== 0
  );
}

function aliasBody(symbol: ts.Symbol): ts.TypeNode | undefined {
  const declaration = symbol.declarations?.find(ts.isTypeAliasDeclaration);
  return declaration && !declaration.typeParameters ? declaration.type : undefined;
}

function unwrap(node: ts.TypeNode): ts.TypeNode {
  if (ts.isParenthesizedTypeNode(node)) return unwrap(node.type);
  const isReadonly = ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword;
  return isReadonly ? unwrap(node.type) : node;
}

function elementNode(node: ts.TypeNode | undefined): ts.TypeNode | undefined {
  return node && ts.isArrayTypeNode(node) ? node.elementType : firstArgument(node);
}

function firstArgument(node: ts.TypeNode | undefined): ts.TypeNode | undefined {
  return node && ts.isTypeReferenceNode(node) ? node.typeArguments?.[0] : undefined;
}

function secondArgument(node: ts.TypeNode | undefined): ts.TypeNode | undefined {
  return node && ts.isTypeReferenceNode(node) ? node.typeArguments?.[1] : undefined;
}

function typeNodeOf(declaration: ts.Declaration): ts.TypeNode | undefined {
  const isTyped =
    ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration) || ts.isParameter(declaration);
  return isTyped ? declaration.type : undefined;
}

function tupleElementNode(node: ts.TypeNode): ts.TypeNode | undefined {
  if (ts.isNamedTupleMember(node)) return node.dotDotDotToken ? elementNode(node.type) : node.type;
  if (ts.isOptionalTypeNode(node)) return node.type;
  return ts.isRestTypeNode(node) ? elementNode(node.type) : node;
}

function nameOf(declaration: ts.Declaration): ts.Node {
  return ts.getNameOfDeclaration(declaration) ?? declaration;
}
