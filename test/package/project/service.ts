/** The user's service: declared types, a stream, a default, an error. */
import { ApiError, api, onStartup, service } from 'bentots';

/** What the shop has. */
export interface Item {
  readonly id: number;
  readonly name: string;
  readonly tags?: readonly string[];
}

/** Sells things. */
@service()
export class Shop {
  #tag = '';

  @onStartup
  open(): void {
    this.#tag = navigator.userAgent; // `Node.js/22`, without the types of Node
  }

  /** @param id Which one. @minimum 1 */
  @api()
  item(id: number, name = 'chair'): Item {
    return { id, name, tags: [this.#tag] };
  }

  @api()
  async *count(to: number): AsyncIterable<number> {
    for (let n = 1; n <= to; n++) yield n;
  }

  @api()
  buy(item: Item): string {
    throw new ApiError(409, `${item.name} is sold out`, { code: 'SOLD_OUT' });
  }
}
