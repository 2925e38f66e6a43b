/** The service of adder.py as an author writes it for bentots, which bench/peers.ts runs beside it. */
import { api, service, type Tensor } from 'bentots';

const silence = new Int32Array(new SharedArrayBuffer(4));

/** Adds numbers up. */
@service({ workers: 1, traffic: { timeoutMs: 1000 } })
export class Adder {
  @api()
  async predict(features: number[]): Promise<{ sum: number; label: string }> {
    let sum = 0;
    for (const feature of features) sum += feature;
    return { sum, label: sum < 0 ? 'negative' : 'positive' };
  }

  @api()
  hold(ms: number): number {
    Atomics.wait(silence, 0, 0, ms); // a model that holds its thread
    return ms;
  }

  @api()
  async echo(x: Tensor<'float32', ['rows', 512]>): Promise<Tensor<'float32', ['rows', 512]>> {
    return x;
  }

  @api()
  async *tokens(n: number): AsyncIterable<string> {
    for (let at = 0; at < n; at++) yield `token${at} `;
  }

  @api()
  async size(file: File): Promise<number> {
    return file.size;
  }
}
