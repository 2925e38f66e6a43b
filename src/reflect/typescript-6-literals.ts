/** Reads the value of an initialiser where it is known without running anything. */
import ts from 'typescript';

/** The value of a literal expression; `undefined` where it can only be known by running it. */
export function readLiteral(
  expression: ts.Expression,
  checker: ts.TypeChecker,
): { readonly value: unknown } | undefined {
  const node = skipTypeSyntax(expression);
  if (ts.isStringLiteralLike(node)) return { value: node.text };
  if (ts.isNumericLiteral(node)) return finite(Number(node.text));
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { value: true };
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { value: false };
  if (node.kind === ts.SyntaxKind.NullKeyword) return { value: null };
  if (ts.isPrefixUnaryExpression(node)) return readSigned(node, checker);
  if (ts.isArrayLiteralExpression(node)) return readArray(node, checker);
  if (ts.isObjectLiteralExpression(node)) return readObject(node, checker);
  const member = checker.getSymbolAtLocation(memberNameOf(node))?.valueDeclaration;
  if (member && ts.isEnumMember(member)) {
    const value = checker.getConstantValue(member);
    return value === undefined ? undefined : { value };
  }
  return undefined;
}

function memberNameOf(node: ts.Expression): ts.Node {
  if (ts.isPropertyAccessExpression(node)) return node.name;
  return ts.isElementAccessExpression(node) ? node.argumentExpression : node;
}

function skipTypeSyntax(node: ts.Expression): ts.Expression {
  const isWrapped =
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node);
  return isWrapped ? skipTypeSyntax(node.expression) : node;
}

function readSigned(node: ts.PrefixUnaryExpression, checker: ts.TypeChecker) {
  const operand = readLiteral(node.operand, checker);
  if (typeof operand?.value !== 'number') return undefined;
  if (node.operator === ts.SyntaxKind.MinusToken) return finite(operand.value === 0 ? 0 : -operand.value); // no -0 in JSON
  return node.operator === ts.SyntaxKind.PlusToken ? operand : undefined;
}

function readArray(node: ts.ArrayLiteralExpression, checker: ts.TypeChecker) {
  const items = node.elements.map((element) => readLiteral(element, checker)); // a spread or a hole is no literal
  return items.every((item) => item !== undefined) ? { value: items.map((item) => item.value) } : undefined;
}

function readObject(node: ts.ObjectLiteralExpression, checker: ts.TypeChecker) {
  const value = {};
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property)) return undefined;
    const { name } = property;
    if (!ts.isIdentifier(name) && !ts.isStringLiteral(name) && !ts.isNumericLiteral(name)) return undefined;
    if (name.text === '__proto__') return undefined; // sets the prototype, makes no property
    const literal = readLiteral(property.initializer, checker);
    if (!literal) return undefined;
    Object.defineProperty(value, name.text, {
      value: literal.value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return { value };
}

function finite(value: number): { readonly value: number } | undefined {
  return Number.isFinite(value) ? { value } : undefined;
}
