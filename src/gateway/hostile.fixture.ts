/** A service whose methods give what no gateway expects. */
import { ApiError } from '../errors.ts';
import { api } from '../sdk/api.ts';
import type { Context } from '../sdk/context.ts';
import { service } from '../sdk/service.ts';

interface Chain {
  name: string;
  next?: Chain;
}

const round = (name: unknown): Chain => {
  const chain = { name } as Chain; // sometimes a lie
  chain.next = chain;
  return chain;
};

@service({ traffic: { timeoutMs: 5000 } })
export class Hostile {
  @api() ping(): string {
    return 'pong';
  }

  @api() async header(text: string, context: Context): Promise<string> {
    context.response.headers.set('x-mine', text);
    return 'sent';
  }

  @api() async *streamHeader(text: string, context: Context): AsyncIterable<string> {
    context.response.headers.set('x-mine', text);
    yield 'sent';
  }

  @api() async cookie(text: string, context: Context): Promise<string> {
    context.response.setCookie('a', 'b', { sameSite: text as 'lax' });
    return 'sent';
  }

  @api() async round(): Promise<Chain> {
    return round('x');
  }

  @api() async roundAndWrong(): Promise<{ name: string }> {
    return round(5);
  }

  @api() async *roundStream(): AsyncIterable<Chain> {
    yield round('x');
  }

  @api() async big(): Promise<{ a: number }> {
    return { a: 1, b: 5n } as { a: number };
  }

  @api() async detail(): Promise<string> {
    throw new ApiError(422, 'x', { detail: [{ loc: [5n as unknown as number], msg: 'x', type: 'x' }] });
  }

  @api() async unsendableDetail(): Promise<string> {
    throw new ApiError(422, 'x', { detail: [{ loc: [], msg: (() => 1) as unknown as string, type: 'x' }] });
  }

  /** As libraries do that want to be friends with pm2. */
  @api() async tellParent(): Promise<string> {
    process.send?.('ready');
    process.send?.({ type: 'axm:monitor', data: {} });
    return new Promise((resolve) => process.send?.(undefined, undefined, undefined, () => resolve('told')));
  }

  @api() async status(): Promise<string> {
    throw Object.assign(new ApiError(422, 'x'), { status: 200 });
  }
}
