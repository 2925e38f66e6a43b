/** Sets an environment variable for the time of one call: some libraries take an option in no other way. */

/** Calls the function; `undefined` leaves the environment as it is. */
export function withVariable<T>(name: string, value: string | undefined, run: () => T): T {
  if (value === undefined) return run();
  const before = process.env[name];
  process.env[name] = value;
  try {
    return run();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}
