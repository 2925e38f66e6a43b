/** The bench's service, as an author would write it. */
import { api, service } from 'bentots';

/** Gives texts of the length of a token. */
@service({ workers: 1, traffic: { timeoutMs: 600_000 } })
export class Tokens {
  @api({ slots: 1000 })
  async *write(count: number): AsyncIterable<string> {
    for (let made = 0; made < count; made++) yield 'token ';
  }
}
