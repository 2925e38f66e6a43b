/** A package of the same workspace, with a bentots of its own. */
import { ApiError, api, type Context, localFolder, type Min, model, onStartup, Tensor } from 'bentots';

/** What services of this workspace have in common. */
export class Base {
  /** The library's own model; whoever serves looks for it beside the service. */
  @model(localFolder('./weights')) weights!: string;
  opened = '';

  @onStartup
  open(): void {
    this.opened = this.weights;
  }

  @api()
  where(): string {
    return this.opened;
  }

  /** Gets a tensor of the copy that serves, and gives one of the library's copy. */
  @api()
  scale(values: Tensor<'float32', ['n']>, by: number & Min<1>): Tensor<'float32', ['n']> {
    return new Tensor(
      'float32',
      values.data.map((value) => value * by),
      values.shape,
    );
  }

  @api()
  path(context: Context): string {
    return context.request.path;
  }
}

/** Fails as a service does that wants its caller to know. */
export function refuse(): never {
  throw new ApiError(409, 'sold out', { code: 'SOLD_OUT' });
}
