/** A place where a value of one schema need not be one of another. */

/** One such place. */
export interface Gap {
  /** From the outermost value, for example `.items[].name`. */
  readonly path: string;
  /** `value`: some values of the narrow schema are none of the wide one. `rule`: the two have different rules. */
  readonly kind: 'value' | 'rule';
  /** The values, or how the narrow schema has them, as it stands after "is". */
  readonly narrow: string;
  /** What the wide schema has instead. */
  readonly wide: string;
  /** Whether there is such a value; otherwise it is only not known that there is none. */
  readonly isCertain: boolean;
}
