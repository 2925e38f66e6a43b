/** What is asked of the hub: a model at a revision, and which of its files. */
import type { FileChoice } from './file-pattern.ts';

/** A model of a hub. */
export interface HubModel extends FileChoice {
  /** `name` or `org/name`. */
  readonly modelId: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** Without a slash at its end; undefined for the one of the environment. */
  readonly endpoint?: string | undefined;
}

/** A file of a model at a commit. */
export interface HubFile {
  /** With slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  /** The name of its blob: the SHA-256 of a large file, the SHA-1 that git has for a small one. */
  readonly digest: string;
}

/** What a hub will not do, however often it is asked. */
export class HubRefusal extends Error {}

/** Whether a revision is a commit, which always means the same. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
