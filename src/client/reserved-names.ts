/** Names that a client keeps for itself instead of calling the service. */

/**
 * Names that JavaScript, `await` and printing look up on any object: a call of the service must not answer them.
 * `client.$call(name)` reaches methods that are called so.
 */
const reservedNames = [
  'then',
  'toJSON',
  'inspect',
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
] as const;

/** Those names, and every name with one of our prefixes; BentoML refuses methods that begin with `__`. */
export type ReservedName = (typeof reservedNames)[number] | `$${string}` | `__${string}`;

/** Whether a name is no method of the client. */
export function isReservedName(name: string): boolean {
  return name.startsWith('$') || name.startsWith('__') || (reservedNames as readonly string[]).includes(name);
}
