/** `bento client`: writes a typed client of a running service. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isCallError } from '../../client/call-error.ts';
import { systemClock } from '../../client/clock.ts';
import { createDeadline } from '../../client/deadline.ts';
import { readSchemaDocument } from '../../client/directory.ts';
import { generateClient } from '../../client/generate-client.ts';
import { createFetch, parsePlace } from '../../client/node-place.ts';
import { parseServiceSchema } from '../../client/service-schema.ts';
import { isIdentifier } from '../../client/source-text.ts';
import { ServiceError } from '../../errors.ts';
import type { JsonSchema } from '../../spec/service-spec.ts';
import { writeWhole } from '../write-file.ts';

const where = 'bento client generate';

/** A running service answers at once; one that does not is not waited for. */
const timeoutMs = 30_000;

interface Flags {
  readonly output?: string;
  readonly name?: string;
  readonly check?: true;
  readonly header: readonly string[];
}

/** Adds the command below it. */
export function define(command: Command): void {
  command.helpCommand(false);
  const collect = (value: string, all: readonly string[]) => [...all, value];
  command
    .command('generate')
    .description('write a typed client from what a running service says of itself')
    .argument('<url>', 'where the service is: http://…, https://… or unix:/path/to.sock; Python services, too')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--name <name>', 'what to call the interface (default: as the service is called)')
    .option('--check', 'compare with the file of --output, and end with 1 if it is another')
    .option('--header <header>', "send this along, for example 'authorization: Bearer …'; may be repeated", collect, [])
    .option('--verbose', 'print the whole story of an error')
    .addHelpText(
      'after',
      `
The same service gives the same file. It imports bentots/client, and nothing else.

Examples:
  bento client generate http://127.0.0.1:3000 -o src/library.ts
  bento client generate http://127.0.0.1:3000 -o src/library.ts --check     for CI`,
    )
    .action((url: string, flags: Flags) => generate(url, flags));
  command.addHelpText('after', '\nExample:\n  bento client generate http://127.0.0.1:3000 -o src/library.ts');
}

async function generate(url: string, { output, name, check, header }: Flags): Promise<void> {
  if (name !== undefined && !isIdentifier(name)) refuse('--name', name, 'a name that a TypeScript interface may have');
  if (check && output === undefined)
    refuse('--check', 'alone', 'beside --output, which names the file to compare with');
  const { source } = generateClient(await readDocument(url, readHeaders(header)), name);
  if (output === undefined) return void process.stdout.write(source);
  if (check) return compare(url, output, source);
  writeWhole(output, source, { where, name: '--output' });
  process.stderr.write(`wrote a client of ${url} to ${output}\n`);
}

/** @throws ServiceError */
async function readDocument(url: string, headers: Readonly<Record<string, string>>): Promise<JsonSchema> {
  const { fetch, base } = connect(url);
  const deadline = createDeadline(systemClock, { method: where, url: base.href }, timeoutMs, []);
  try {
    const found = await readSchemaDocument({ fetch, clock: systemClock }, base, headers, deadline.signal);
    parseServiceSchema(found.document, found.url, base);
    return found.document as JsonSchema; // an object with routes, as the line above knows
  } catch (cause) {
    if (!isCallError(cause)) throw cause;
    const isAnswer = cause.status !== undefined || cause.code === 'RESPONSE_INVALID';
    throw new ServiceError(isAnswer ? 'RESPONSE_INVALID' : 'CONNECTION_FAILED', { problem: cause.message }, { cause });
  } finally {
    deadline.dispose();
  }
}

function connect(url: string) {
  try {
    const place = parsePlace(url);
    return { base: place.base, fetch: createFetch(place) };
  } catch (cause) {
    const shown = url.replace(/\/\/[^/]*@/, '//…@'); // a password is not repeated
    return refuse(
      '<url>',
      shown,
      'an address such as http://127.0.0.1:3000 or unix:/path/to.sock, without credentials',
      cause,
    );
  }
}

function readHeaders(given: readonly string[]): Record<string, string> {
  const headers = given.map((text): [string, string] => {
    const [, name = '', value = ''] = /^([^:]*):\s*(.*)$/s.exec(text) ?? [];
    try {
      new Headers([[name, value]]);
    } catch {
      refuse('--header', 'one that HTTP does not allow', 'a name and a value, as in --header "x-tenant: a"'); // it may be secret
    }
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(headers);
}

function compare(url: string, file: string, source: string): void {
  const before = readIfThere(file);
  if (before === source) return void process.stdout.write(`${file} is what ${url} says\n`);
  const problem = before === undefined ? 'is not there' : `is not what ${url} says now`;
  process.stderr.write(`${file} ${problem}; to write it: ${where} ${url} --output ${file}\n`);
  process.exitCode = 1;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return refuse('--output', file, 'a file that can be read', cause);
  }
}

function refuse(name: string, seen: string, wanted: string, cause?: unknown): never {
  throw new ServiceError('OPTION_INVALID', { where, name, seen, wanted }, { cause });
}
