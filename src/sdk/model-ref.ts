/** The promise that every kind of reference to a model keeps. */
import type { ModelInfo } from '../spec/service-spec.ts';

/** Where a reference is resolved. */
export interface ModelPlace {
  /** Absolute folder of the file that is served: relative paths and package look-ups start there. */
  readonly folder: string;
  /**
   * Absolute folder of the models that a bento brings: a store of models, `<name>/<version>`, and snapshots of the hub,
   * `models--<org>--<name>/snapshots/<commit>`. What is in it goes before the store and the cache of the machine.
   */
  readonly models?: string;
  /** Where npm packages are looked for that are not installed for the folder: a bento in the store has none beside it. */
  readonly packageFolders?: readonly string[];
  /** Aborts what takes long. */
  readonly signal?: AbortSignal;
  /** Is told how what takes long goes on. */
  onProgress?(progress: ModelProgress): void;
  /** Is told of what an operator should look at, though the model is there. */
  onWarning?(message: string): void;
}

/** How a download goes on. */
export interface ModelProgress {
  /** What is fetched, for example `org/name`. */
  readonly what: string;
  /** Of all its files together, those that were there already included. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/**
 * A reference to a model: what a field with `@model(…)` asks for. Write your own by implementing it;
 * `modelRefContract` of `bentots/testing` has the tests that it must pass.
 *
 * @typeParam T what the field gets, for example the absolute path of a folder.
 */
export interface ModelRef<T> {
  /** The reference as plain data, as JSON can say it, that {@link fromInfo} makes the same of again. */
  toInfo(): ModelInfo;
  /**
   * A reference of this kind that means what the info says; it does not depend on the one that it is asked of.
   * @throws TypeError if the info is not of this kind.
   */
  fromInfo(info: ModelInfo): ModelRef<T>;
  /**
   * Makes the model present and gives what the field gets.
   * @throws Error with a sentence that says what is missing and how to get it.
   */
  resolve(place: ModelPlace): Promise<T>;
  /** Gives it if it is present already, without waiting: for a service that is constructed as a plain class. */
  find(place: ModelPlace): T | undefined;
  /**
   * The info of the very model that the reference means now: with its version, its commit. A bento keeps it, so that the
   * reference means the same for ever. Left out by kinds that always mean the same.
   * @throws Error with a sentence, as {@link resolve}.
   */
  pin?(place: ModelPlace): Promise<ModelInfo>;
}

/** Whether a value is a reference to a model, also one that another copy of bentots made. */
export function isModelRef(value: unknown): value is ModelRef<unknown> {
  const methods = ['toInfo', 'fromInfo', 'resolve', 'find'] as const;
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((method) => typeof (value as Partial<ModelRef<unknown>>)[method] === 'function');
}

/** A kind of reference that the gateway knows, since no code of the author's is in it. */
export interface ModelRefKind<T> {
  /** The `kind` of its infos. */
  readonly kind: string;
  /** @throws TypeError if the data is not of this kind. */
  fromInfo(info: ModelInfo): ModelRef<T>;
  /** What of a pinned info stands in `bento.yaml`; left out by kinds whose files are part of the project. */
  toEntry?(pinned: ModelInfo): BentoModelEntry;
  /** Where below {@link ModelPlace.models} the files of a pinned info are looked for; with slashes on every system. */
  pathInBento?(pinned: ModelInfo): string;
  /** Which of the files that lie where a pinned info is resolved belong to it; left out where all do. */
  fileFilter?(pinned: ModelInfo): (path: string) => boolean;
}

/** An entry of `models` in `bento.yaml`, as BentoML reads it. */
export interface BentoModelEntry {
  /** With its version. */
  readonly tag: string;
  /** The Python module that saved it; null if it is none of the store. */
  readonly module: string | null;
  /** ISO 8601, with microseconds and zone. */
  readonly creation_time: string;
  /** Left out for the store. */
  readonly registry?: 'huggingface';
  readonly metadata?: Readonly<Record<string, string | readonly string[] | null>>;
}
