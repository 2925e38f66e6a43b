/** What an archive is made of. */
import type { TreeEntry } from '../tree.ts';

/** What is written: something on the disk, or a text of ours. */
export type ArchiveSource = (
  | (Omit<TreeEntry, 'file'> & { readonly file: string })
  | { readonly kind: 'text'; readonly path: string; readonly text: string; readonly isExecutable?: boolean }
) & {
  /** Number of the user and the group that it is of, in a tar. @default 0 */
  readonly owner?: number;
};
