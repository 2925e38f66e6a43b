/** The bench's service, as an author would write it. */
import { api, service } from 'bentots';
import { predict } from './predict.ts';

/** Adds numbers up. */
@service({ workers: 1 })
export class Adder {
  @api()
  async predict(features: number[]): Promise<{ sum: number; label: string }> {
    return predict(features);
  }
}
