/** Libraries that only some bodies and answers need, which are loaded with the first of them. */

/**
 * The name of such a package. Its types are named only where it is used: whoever compiles against what every program
 * imports need not have it.
 */
export type LibraryName = 'csv-parse' | 'apache-arrow';
