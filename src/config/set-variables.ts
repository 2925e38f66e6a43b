/** Sets environment variables that nobody has set, and says which are not set. */

/** What is set already stays as it is. */
export function setMissingVariables(variables: readonly { readonly name: string; readonly value: string }[]): void {
  for (const { name, value } of variables) process.env[name] ??= value;
}

/** Those of the names that nothing is set for. */
export function missingVariables(names: readonly string[]): readonly string[] {
  return names.filter((name) => process.env[name] === undefined);
}
