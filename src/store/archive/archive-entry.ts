/** One thing in an archive, whatever the format. */

/** What an archive says of a file, a folder or a link; nothing of it is believed before it is checked. */
export interface ArchiveEntry {
  /** `other` is what no item may have: devices, pipes and what the format calls otherwise. */
  readonly kind: 'file' | 'folder' | 'link' | 'hard link' | 'other';
  /** As it is written in the archive. */
  readonly path: string;
  readonly isExecutable: boolean;
  /** Where a link leads, as it is written; else empty. */
  readonly target: string;
  /** Absolute path of a file of ours that has its bytes, and may get another name; left out where it is in an archive. */
  readonly own?: string;
  /** The bytes of a file; to be read before the next entry is asked for. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** The bytes of what has none. */
export async function* noBytes(): AsyncGenerator<Uint8Array> {}
