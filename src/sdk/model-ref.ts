/** The promise that every kind of reference to a model keeps. */
import type { ModelInfo } from '../spec/service-spec.ts';

/** Where a reference is resolved. */
export interface ModelPlace {
  /** Absolute folder of the file that is served: relative paths and package look-ups start there. */
  readonly folder: string;
}

/**
 * A reference to a model: what a field with `@model(…)` asks for. Write your own by implementing it.
 *
 * @typeParam T what the field gets, for example the absolute path of a folder.
 */
export interface ModelRef<T> {
  /** The reference as plain data that its kind can be made from again. */
  toInfo(): ModelInfo;
  /**
   * Makes the model present and gives what the field gets.
   * @throws Error with a sentence that says what is missing and how to get it.
   */
  resolve(place: ModelPlace): Promise<T>;
  /** Gives it if it is present already, without waiting: for a service that is constructed as a plain class. */
  find(place: ModelPlace): T | undefined;
}

/** A kind of reference: makes references again from their plain data. */
export interface ModelRefKind<T> {
  /** The `kind` of its infos. */
  readonly kind: string;
  /** @throws TypeError if the data is not of this kind. */
  fromInfo(info: ModelInfo): ModelRef<T>;
}
