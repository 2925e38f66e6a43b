/** What every bench has in common: what it is asked, and what it answers. */

/** How a bench is run. */
export interface BenchOptions {
  /** Few and short rounds: says whether the bench works, not what is true. */
  readonly isQuick: boolean;
  /** Roots of other built checkouts of bentots to measure beside this one. */
  readonly also: readonly string[];
  /** Writes down what has come out so far, in case the rest never does; what it says is replaced by what comes later. */
  keep(report: BenchReport): void;
}

/** What came out. */
export interface BenchReport {
  /** What was measured and how, with tables: Markdown. */
  readonly text: string;
  /** The numbers behind it, for other programs. */
  readonly data: unknown;
}

/** One question. */
export interface Bench {
  readonly question: string;
  run(options: BenchOptions): Promise<BenchReport>;
}
