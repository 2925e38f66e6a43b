/** The smallest service: no model, plain TypeScript types. */
import { api, service } from 'bentots';

/** Greets people. */
@service()
export class Hello {
  /**
   * Greets one person.
   * @param name Whom to greet. @minLength 1
   */
  @api()
  hello(name: string, greeting = 'Hello'): string {
    return `${greeting}, ${name}!`;
  }

  /**
   * Counts down, one number a message.
   * @param from Where to begin. @minimum 1 @maximum 1000
   */
  @api()
  async *countDown(from = 3): AsyncIterable<number> {
    for (let n = from; n > 0; n--) yield n;
  }
}
