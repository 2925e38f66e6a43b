/** A service with everything that its documents have words for. */
import { api, type Context, service, Tensor } from 'bentots';
import type { Item as OrderedItem, Payment } from './orders.ts';
import type { Item as Part } from './parts.ts';

/** Sells things, and *says* so. */
@service()
export class Shop {
  /**
   * Adds up what an order costs. Nothing is sold.
   *
   * @param items What is ordered. @minItems 1
   * @param payment How it is paid; without it by card.
   * @param discount Share that is taken off. @minimum 0 @maximum 1
   */
  @api() price(items: OrderedItem[], payment: Payment | null = null, discount = 0): { total: number; by: string } {
    const total = items.reduce((sum, { count }) => sum + 2.5 * count, 0) * (1 - discount);
    return { total, by: payment?.kind ?? 'card' };
  }

  /** Counts the parts of a thing, whatever they are made of. */
  @api() count(thing: Part): number {
    return 1 + (thing.parts ?? []).reduce((sum, part) => sum + this.count(part), 0);
  }

  /**
   * Greets.
   * @param name Whom. @example "Ada"
   */
  @api({ route: '/v2/greetings' }) greet(name: string, ctx: Context): string {
    ctx.response.status = 201;
    return `Hello, ${name}!`;
  }

  /** Counts down. */
  @api() async *countDown(from = 3): AsyncIterable<number> {
    for (let n = from; n > 0; n--) yield n;
  }

  /** @deprecated Use `price`. */
  @api() oldPrice(count: number): number | string {
    return count > 99 ? 'ask us' : count * 2.5;
  }

  /** Takes one thing back for another. */
  @api() swap(from: OrderedItem, to: OrderedItem): boolean {
    return from.count === to.count;
  }

  @api() nothing(): void {}

  /** Finds a thing by any of its names. */
  @api() find(by: { id: number } | { name: string }, limits: Record<string, number> = {}): [Part, number] | null {
    return 'id' in by ? [{ name: String(by.id) }, Object.keys(limits).length] : null;
  }

  /** Weighs things, each by its picture and its name. */
  @api() weigh(
    picture: Uint8Array,
    label: File | null,
    sizes: Tensor<'float32', ['things', 3]>,
    seen: Map<string, Date>,
  ): Tensor<'float32', ['things']> {
    const grams = Float32Array.from({ length: sizes.shape[0] ?? 0 }, () => picture.length + seen.size);
    return new Tensor('float32', label ? grams : grams.fill(0), [grams.length]);
  }

  /** Prints what was sold. */
  @api() receipt(text: string): File {
    return new File([text], 'receipt.txt', { type: 'text/plain' });
  }
}
