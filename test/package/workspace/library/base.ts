/** A package of the same workspace, with a bentots of its own. */
import { ApiError, api, type Context, localFolder, model, onStartup } from 'bentots';

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

  @api()
  path(context: Context): string {
    return context.request.path;
  }
}

/** Fails as a service does that wants its caller to know. */
export function refuse(): never {
  throw new ApiError(409, 'sold out', { code: 'SOLD_OUT' });
}
