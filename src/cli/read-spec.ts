/** Reads the spec of a service for a command that serves nothing. */
import { serverOptions } from '../config/options.ts';
import { locate } from '../pool/locate.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';

/**
 * The spec of the service that the target names, with its template arguments; what its sources print goes to standard error.
 * @throws ServiceError with what the author has to mend.
 */
export async function readSpec(target: string, args: Readonly<Record<string, unknown>>): Promise<ServiceSpec> {
  const { describeTarget } = await import('../pool/generation.ts'); // not before it is known that this copy reads
  const { spec } = await describeTarget({
    target: await locate(target, process.cwd()),
    args,
    niceness: serverOptions.niceness.default,
    signal: new AbortController().signal,
    log: (level, message) => void process.stderr.write(`${level}: ${message}\n`),
  });
  return spec;
}
