/** The bench's service: tensors of 1 MiB, and no work on them. */
import { api, service, Tensor } from 'bentots';

const length = 262_144;

/** Takes and gives tensors. */
@service({ workers: 1 })
export class Tensors {
  readonly #given: Tensor<'float32', [262_144]> = new Tensor('float32', Float32Array.from({ length }, Math.random), [
    length,
  ]);

  @api() echo(values: Tensor<'float32', [262_144]>): { values: Tensor<'float32', [262_144]> } {
    return { values };
  }

  @api() take(values: Tensor<'float32', [262_144]>): number {
    return values.data[0] ?? 0;
  }

  @api() give(): { values: Tensor<'float32', [262_144]> } {
    return { values: this.#given };
  }
}
