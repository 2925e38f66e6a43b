/** A file that the running code came from, or would come from if it were there. */

/** One file as a process found it. */
export interface SourceFile {
  /** Absolute path. */
  readonly file: string;
  /** Of its content, hexadecimal; undefined if it was looked for and not there. */
  readonly sha256: string | undefined;
}
