/** What the bench uploads to. */
import { api, service } from 'bentots';

@service({ traffic: { timeoutMs: 600_000, maxConcurrency: 1000 } })
export class Uploads {
  @api() size(file: File): number {
    return file.size;
  }
}
