/** What a running server and the commands that ask it say to each other: HTTP with JSON over the server's socket. */
import type { GenerationStatus } from '../../pool/generation-status.ts';

/** Paths; the number is raised when an older command could misread an answer. */
export const controlPaths = { status: '/v1/status', reload: '/v1/reload' } as const;

/** How a server is: the answer to `GET` of the status path. */
export interface ServerStatus {
  /** Version of bentots that serves. */
  readonly version: string;
  readonly pid: number;
  readonly url: string;
  /** When it began, as all times here in ISO 8601. */
  readonly since: string;
  /** What `/readyz` says. */
  readonly state: 'starting' | 'ready' | 'not ready' | 'stopping';
  /** The ones that serve, that start and that finish what they have. */
  readonly generations: readonly ServedGeneration[];
}

/** One generation, and where in its life it is. */
export interface ServedGeneration extends GenerationStatus {
  readonly phase: 'serving' | 'taking over' | 'draining';
}

/** One line of the answer to `POST` of the reload path; the last one is `reloaded` or `failed`. */
export type ReloadLine =
  /** An older version still has requests; the reload begins when they have finished. */
  | { readonly kind: 'waiting' }
  /** So many workers of the new version are ready. */
  | { readonly kind: 'progress'; readonly ready: number; readonly of: number }
  /** The new version serves. */
  | { readonly kind: 'reloaded'; readonly service: string; readonly afterMs: number }
  /** It does not start; the version before goes on. */
  | { readonly kind: 'failed'; readonly code: string; readonly error: string };
