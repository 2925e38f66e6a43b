/** What the compiler knows about a client; `tsc` checks most of this file, running it checks little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, StreamCall, UntypedCall } from './client-types.ts';
import { createClient } from './create-client.ts';

/** The author's `Context` as `sdk/context.ts` has it. */
interface Context {
  readonly request: { readonly headers: Headers; readonly path: string };
  readonly response: { status: number; readonly headers: Headers };
  readonly signal: AbortSignal;
  readonly deadline: Date;
  readonly state: Record<string, unknown>;
  readonly tempDir: string;
  readonly log: { info(message: string): void };
}

/** And what batchable methods have, as in `sdk/batch.ts`. */
interface BatchContext {
  readonly requests: readonly { readonly from: number }[];
  requestOf(item: number): { readonly from: number };
  readonly signal: AbortSignal;
  readonly log: { info(message: string): void };
}
interface ItemError {
  readonly isItemError: true;
  readonly error: unknown;
}
interface ItemChunk<T> {
  readonly item: number;
  readonly chunk?: T | undefined;
  readonly isLast?: boolean | undefined;
  readonly error?: ItemError | undefined;
}

declare class Embedder {
  weights: string;
  private secret(): void;
  protected inner(): void;
  // biome-ignore lint/suspicious/noThenProperty: a method of this name is what is tested
  then(text: string): Promise<number>;
  embed(texts: string[]): Promise<number[][]>;
  count(text: string, ctx: Context): number;
  draw(prompt: string, seed: number | undefined, ctx: Context): Promise<string>;
  paint(prompt: string, seed?: number, ctx?: Context): Promise<string>;
  ping(ctx?: Context): Promise<void>;
  generate(prompt: string, temperature?: number): AsyncIterable<string>;
  tokens(prompt: string, ctx: Context): AsyncGenerator<{ token: string }>;
  lines(): Generator<number, void, unknown>;
  opened(): Promise<AsyncIterable<string>>;
  list(): Promise<readonly string[]>;
  loose(value: unknown): Promise<unknown>;
  fails(): Promise<never>;
  classify(texts: string[], batch: BatchContext): Promise<(string | ItemError)[]>;
  write(prompts: string[], batch: BatchContext): AsyncIterable<ItemChunk<string>>;
  chunks(): AsyncIterable<{ item: number; chunk?: string }>;
  request(request: { request: string; signal: string }): Promise<boolean>;
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._claim: Equal<A, B> extends true ? [] : ['these types differ']) => {};

type Typed = Client<Embedder>;

/** Never runs: its calls only have to compile, or not to. */
export async function compileOnly(client: Typed, fromClass: Client<typeof Embedder>, untyped: Client): Promise<void> {
  same<Typed['embed'], (texts: string[]) => Promise<number[][]>>();
  same<Typed['count'], (text: string) => Promise<number>>();
  same<Typed['ping'], () => Promise<void>>();
  same<Typed['generate'], (prompt: string, temperature?: number) => StreamCall<string>>();
  same<Typed['tokens'], (prompt: string) => StreamCall<{ token: string }>>();
  same<Typed['lines'], () => StreamCall<number>>();
  same<Typed['opened'], () => StreamCall<string>>();
  same<Typed['list'], () => Promise<readonly string[]>>();
  same<Typed['loose'], (value: unknown) => Promise<unknown>>();
  same<Typed['fails'], () => Promise<never>>();
  same<Typed['classify'], (texts: string[]) => Promise<string[]>>();
  same<Typed['write'], (prompts: string[]) => StreamCall<string>>();
  same<Typed['chunks'], () => StreamCall<{ item: number; chunk?: string }>>();
  same<Typed['request'], (request: { request: string; signal: string }) => Promise<boolean>>();
  same<typeof fromClass.embed, Typed['embed']>();
  same<Awaited<Typed>, Typed>();

  const vectors: number[][] = await client.embed(['a']);
  for await (const token of client.generate('once')) token.toUpperCase();
  for await (const token of await client.generate('once', 0.5)) token.toUpperCase();
  await client.draw('a');
  await client.draw('a', 1);
  await client.draw('a', undefined);
  await client.paint('a');
  await client.paint('a', 1);
  await client.$with({ timeoutMs: 1 }).embed(['a']);
  const length: number = await client.$call('then', 'text');
  const streamed: StreamCall<string> = client.$call('generate', 'once');
  const unknowns: UntypedCall = untyped.$call('embed', ['a']);
  const maybe: UntypedCall | undefined = untyped.embed?.(['a'], 1);
  untyped.$with({ timeoutMs: 1 }).$call('embed');

  // @ts-expect-error the argument is missing
  await client.embed();
  // @ts-expect-error the argument has another type
  await client.embed('a');
  // @ts-expect-error a context is never sent
  await client.count('a', {});
  // @ts-expect-error a context is never sent
  await client.paint('a', 1, undefined);
  // @ts-expect-error there is no such method
  client.embeds;
  // @ts-expect-error a field is no method
  client.weights;
  // @ts-expect-error a private method is none
  client.secret;
  // @ts-expect-error a protected method is none
  client.inner;
  // @ts-expect-error this name is reached by $call
  client.then;
  // @ts-expect-error a unary call cannot be iterated
  for await (const _ of client.embed(['a'])) break;
  // @ts-expect-error there is no such method
  client.$call('embeds');
  // @ts-expect-error the argument has another type
  client.$call('embed', 'a');
  // @ts-expect-error a client's options are not options of its calls
  client.$with({ token: 'a' });
  void [vectors, length, streamed, unknowns, maybe];
}

test('a typed client, one from the class itself and an untyped one are made in the same way', () => {
  const clients = [
    createClient<Embedder>('http://h'),
    createClient<typeof Embedder>('http://h'),
    createClient('http://h'),
  ];
  assert.equal(clients.length, 3);
});
