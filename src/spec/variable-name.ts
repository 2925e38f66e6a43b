/** Says which texts are names of environment variables: the same ones for a shell, a Dockerfile and a file system. */

/** Letters, digits and underscores, no digit first: POSIX.1-2024, XBD 3.216. */
export function isVariableName(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}
