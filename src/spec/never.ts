/** The end of a switch over a closed union: compiles only if every kind was handled. */
export function never(value: never): never {
  throw new Error(`a kind that the switch does not know: ${JSON.stringify(value)}`);
}
