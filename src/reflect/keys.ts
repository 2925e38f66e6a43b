/** Sets a property whatever its name is: assigning to `__proto__` would change the prototype instead. */
export function setKey(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
