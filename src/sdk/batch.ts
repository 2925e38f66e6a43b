/** What a batchable method is told of its batch, and how it speaks of single items. */
import { ApiError } from '../errors.ts';
import type { Trace } from '../spec/invocation.ts';
import type { ContextRequest, Log } from './context.ts';

/** One of the requests whose items are in a batch. */
export interface BatchedRequest {
  /** The first of its items, counted from 0 in the batch. */
  readonly from: number;
  /** How many items of the batch are its own. */
  readonly items: number;
  readonly request: ContextRequest;
  /** Aborts when this caller leaves or its time is up. */
  readonly signal: AbortSignal;
  /** When this caller stops waiting. */
  readonly deadline: Date;
  /** Where its trace goes on. */
  readonly trace: Trace;
  /** Writes log lines that belong to this request. */
  readonly log: Log;
}

/**
 * Given to a batchable method whose last parameter has this type.
 *
 * @example
 * ```ts
 * @api({ batchable: true })
 * async embed(texts: string[], batch: BatchContext): Promise<number[][]> {
 *   return this.#model.run(texts, { signal: batch.signal }); // ends when every caller has left
 * }
 * ```
 */
export interface BatchContext {
  /** In the order of their items. */
  readonly requests: readonly BatchedRequest[];
  /** The request that an item belongs to. @throws RangeError if there is no such item. */
  requestOf(item: number): BatchedRequest;
  /** Aborts when every caller who has no answer yet has left. */
  readonly signal: AbortSignal;
  /** When the last of the callers stops waiting. */
  readonly deadline: Date;
  /** Shared by all calls in one worker, empty at its start. */
  readonly state: Record<string, unknown>;
  /** Writes log lines that belong to the first request. */
  readonly log: Log;
}

const itemErrorBrand = Symbol.for('bentots.item-error/1');

/** What is wrong with one item of a batch, in place of its result. */
export class ItemError {
  /** Tells its type from others that look like it; the values are told by a mark that no caller can send. */
  readonly isItemError = true;
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
    Object.defineProperty(this, itemErrorBrand, { value: true });
  }
}

/** Whether a value is an {@link ItemError}, of this copy of the class or another. */
export function isItemError(value: unknown): value is ItemError {
  return typeof value === 'object' && value !== null && itemErrorBrand in value;
}

/**
 * What a batchable method puts in the place of the result of one item: the request that the item came with fails, and no
 * other one. An `ApiError`, or status and message of one, is answered as it is; anything else as if the method had thrown it
 * for that request alone.
 *
 * @example
 * ```ts
 * return texts.map((text) => (text === '' ? itemError(422, 'the text is empty') : this.#embed(text)));
 * ```
 * @throws RangeError if the status is not an integer from 400 to 599.
 */
export function itemError(error: unknown): ItemError;
export function itemError(status: number, message: string, extras?: { readonly code?: string }): ItemError;
export function itemError(first: unknown, message?: string, extras: { readonly code?: string } = {}): ItemError {
  return new ItemError(message === undefined ? first : new ApiError(Number(first), message, extras));
}

/**
 * What a batchable method that streams gives: something for the caller of one item.
 *
 * @example
 * ```ts
 * @api({ batchable: true })
 * async *write(prompts: string[]): AsyncIterable<ItemChunk<string>> {
 *   for await (const { sequence, token, isLast } of this.#model.generate(prompts)) yield { item: sequence, chunk: token, isLast };
 * }
 * ```
 */
export interface ItemChunk<T> {
  /** Which item of the batch it is for, counted from 0. */
  readonly item: number;
  /** What its caller gets; without it, nothing this time. */
  readonly chunk?: T | undefined;
  /** Whether nothing more comes for this item: its caller need not wait for the others. */
  readonly isLast?: boolean | undefined;
  /** What went wrong with this item: its stream ends with it. */
  readonly error?: ItemError | undefined;
}
