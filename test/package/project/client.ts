/** The user's client: it compiles only if the types of the service arrive whole. */
import { type Client, createClient, isCallError } from 'bentots/client';
import type { Item, Shop } from './service.ts';

/** Calls everything once. */
export async function use(url: string): Promise<unknown> {
  const shop: Client<Shop> = createClient<Shop>(url);
  const item: Item = await shop.item(1);
  const numbers: number[] = [];
  for await (const n of shop.count(3)) numbers.push(n);
  const refusals: unknown[] = [];
  // @ts-expect-error the id is a number
  await shop.item('one').catch((error: unknown) => refusals.push(isCallError(error) && error.code));
  await shop.buy(item).catch((error: unknown) => refusals.push(isCallError(error) && error.code));
  return { item, numbers, refusals };
}

/** Never called. */
export function misuse(shop: Client<Shop>): void {
  // @ts-expect-error there is no such method
  void shop.sell;
  // @ts-expect-error what comes is no text
  shop.item(1) satisfies Promise<string>;
}
