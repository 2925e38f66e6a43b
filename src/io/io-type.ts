/** How a value of a declared type leaves the server. */

/** One way of writing values; shared code never asks which one it holds. */
export interface IoType {
  /** The `content-type` of an answer of one value. */
  readonly mediaType: string;
  /** Whether it writes values of this schema. */
  matches(schema: { readonly [keyword: string]: unknown }): boolean;
  encode(value: unknown): string | Uint8Array;
}
