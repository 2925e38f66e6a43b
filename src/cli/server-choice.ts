/** The flags that say which of several running servers a command is about. */
import { type Command, InvalidArgumentError } from 'commander';
import { ServiceError } from '../errors.ts';
import { type FoundServer, findServers } from '../gateway/control/control-client.ts';

/** What the flags said. */
export interface ServerChoice {
  readonly port?: number;
  readonly pid?: number;
  readonly name?: string;
}

/** Adds the flags. */
export function addServerChoice(command: Command): void {
  command
    .option('--port <number>', 'the server at this port', toCount)
    .option('--pid <number>', 'the server with this process id', toCount)
    .option('--name <service>', 'the server of the service with this name');
}

/**
 * The servers that fit what was said: all of them if nothing was.
 * @throws ServiceError `SERVER_MISSING` if something was said and none fits, `CONTROL_UNAVAILABLE`.
 */
export async function chosenServers(home: string, { port, pid, name }: ServerChoice): Promise<readonly FoundServer[]> {
  const all = await findServers(home);
  const chosen = all.filter(({ place, answer }) => {
    const status = 'status' in answer ? answer.status : undefined;
    if (port !== undefined && place.port !== port) return false;
    if (pid !== undefined && status?.pid !== pid) return false;
    return name === undefined || status?.generations.some(({ service }) => service === name) === true;
  });
  if (chosen.length > 0 || (port ?? pid ?? name) === undefined) return chosen;
  const what = [
    port === undefined ? '' : ` at port ${port}`,
    pid === undefined ? '' : ` with process id ${pid}`,
    name === undefined ? '' : ` of the service ${name}`,
  ].join('');
  const others = all.length === 0 ? 'none is running' : `there is ${all.map(nameServer).join(', ')}`;
  throw new ServiceError('SERVER_MISSING', { problem: `no server${what} is running for this user; ${others}` });
}

/** For example `Hello at http://127.0.0.1:3000 (pid 4711)`. */
export function nameServer({ place, answer }: FoundServer): string {
  if (!('status' in answer)) return `a server at port ${place.port}`;
  const { generations, url, pid } = answer.status;
  return `${generations[0]?.service ?? 'a service'} at ${url} (pid ${pid})`;
}

function toCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
