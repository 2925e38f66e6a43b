/** A service whose base class and helper come from another package of the workspace. */
import { ApiError, api, service } from 'bentots';
import { Base, refuse } from '../library/base.ts';

@service()
export class Shop extends Base {
  @api()
  buy(): string {
    return refuse();
  }

  /** What this copy thinks of an error that the other one made. */
  @api()
  isApiError(): boolean {
    try {
      return refuse();
    } catch (error) {
      return error instanceof ApiError;
    }
  }
}
