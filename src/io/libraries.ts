/** Libraries that only some bodies and answers need, which are loaded with the first of them. */

/** By the name of the package. */
export interface Libraries {
  readonly 'csv-parse': typeof import('csv-parse/sync');
  readonly 'apache-arrow': typeof import('apache-arrow');
}
