/** What is asked of both servers and compared. */
import type { Server, ServiceName } from './servers.ts';

/** What was seen, by the name of what is compared. */
export type Facets = Readonly<Record<string, unknown>>;

/** One question to both servers. */
export interface Case {
  /** The row of the checklist, and a word where a row has several cases. */
  readonly id: string;
  /** As a sentence. */
  readonly what: string;
  readonly service: ServiceName;
  /** What the reference is known to answer: that a case is about that, and does not agree by chance. */
  readonly known: Facets;
  run(server: Server): Promise<Facets>;
}
