/** Says that a value cannot be what its type declares, and where. */

/** Thrown while a value is turned into another form; whoever goes down into a value adds the way. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
  /** From the outermost value. */
  readonly loc: (string | number)[] = [];
  /** Name of the io type that refused it. */
  readonly kind: string;

  /** @param problem continues the place, for example `must be a URL`. */
  constructor(kind: string, problem: string) {
    super(problem);
    this.kind = kind;
  }
}

/** Adds to an error where in a value it arose, if it tells of that. */
export function addStep(error: unknown, key: string | number): unknown {
  if (error instanceof Misfit) error.loc.unshift(key);
  return error;
}

/** Runs a step down into a value; what it refuses is told with the way to it. */
export function within<T>(key: string | number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw addStep(error, key);
  }
}
