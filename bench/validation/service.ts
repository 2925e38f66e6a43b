/** The bench's service: checked data in, next to no work. */
import { api, service } from 'bentots';

/** Something to sell. */
export interface Item {
  /** @integer @minimum 0 */
  id: number;
  name: string;
  kind: 'book' | 'toy' | 'tool';
  price: number;
  tags: string[];
  position?: { x: number; y: number };
  note?: string | null;
}

/** Adds things up. */
@service()
export class Shop {
  @api()
  async sum(items: Item[]): Promise<number> {
    return items.reduce((sum, { price }) => sum + price, 0);
  }

  @api()
  async mean(vectors: number[][]): Promise<number> {
    return vectors.reduce((sum, vector) => sum + (vector[0] ?? 0), 0) / vectors.length;
  }

  @api()
  async ping(text: string): Promise<string> {
    return text;
  }
}
