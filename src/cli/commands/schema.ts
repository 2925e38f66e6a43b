/** `bento schema`: prints what a service takes and gives, keeps it in a file, or compares it with that file. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ServiceError } from '../../errors.ts';
import { type Change, compareContracts } from '../../spec/compare-contracts.ts';
import { type Contract, parseContract, toContract } from '../../spec/contract.ts';
import { readSpec } from '../read-spec.ts';
import { addTarget } from '../target-argument.ts';
import { type ArgumentFlags, addArguments, readArguments } from '../template-arguments.ts';
import { writeWhole } from '../write-file.ts';

const defaultFile = 'bentots.schema.json';

interface Flags extends ArgumentFlags {
  readonly write?: string | true;
  readonly check?: string | true;
}

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  addTarget(command);
  addArguments(command);
  command.option('-o, --write [file]', `keep what callers can tell of the service in a file (default ${defaultFile})`);
  command.option('--check [file]', `say what changed for callers since the file was written (default ${defaultFile})`);
  command.addHelpText(
    'after',
    `
Commit the file and let --check run in CI: it ends with 1 if a change breaks callers or may break them, and with 0 if
there is none or all are fine.

Examples:
  bento schema                      print all that bentots reads from the types of the service in this folder
  bento schema --write              keep what callers can tell in ${defaultFile}
  bento schema src/service.ts --check   compare with ${defaultFile}`,
  );
  command.action((target: string, flags: Flags) => run(target, flags));
}

async function run(target: string, { write, check, ...flags }: Flags): Promise<void> {
  if (write !== undefined && check !== undefined) {
    const wanted = 'left out: --write makes the file what --check compares with';
    throw new ServiceError('OPTION_INVALID', { where: 'bento schema', name: '--check', seen: 'given', wanted });
  }
  const before = check === undefined ? undefined : readContract(nameOf(check)); // before it takes a second to say no
  const spec = await readSpec(target, readArguments(flags, 'bento schema'));
  if (before !== undefined) return report(target, nameOf(check), before, toContract(spec));
  if (write === undefined) return void process.stdout.write(toText(spec));
  writeWhole(nameOf(write), toText(toContract(spec)), { where: 'bento schema', name: '--write' });
  process.stderr.write(`wrote what callers can tell of ${spec.name} to ${nameOf(write)}\n`);
}

function nameOf(file: string | true | undefined): string {
  return typeof file === 'string' ? file : defaultFile;
}

function toText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function readContract(file: string): Contract {
  const wanted = 'a file that bento schema --write wrote; a target goes before the flag';
  const refuse = (cause?: unknown): never => {
    throw new ServiceError('OPTION_INVALID', { where: 'bento schema', name: '--check', seen: file, wanted }, { cause });
  };
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    refuse(cause);
  }
  return parseContract(text) ?? refuse();
}

function report(target: string, file: string, before: Contract, after: Contract): void {
  const changes = compareContracts(before, after);
  if (changes.length === 0) return void say(`${after.name} is what ${file} says`);
  say(`since ${file} was written:`);
  for (const { verdict, where, what } of changes) say(`  ${verdict.padEnd('may break'.length)}  ${where} ${what}`);
  const write = [
    'bento schema',
    target === '.' ? '' : ` ${target}`,
    ' --write',
    file === defaultFile ? '' : ` ${file}`,
  ];
  const bad = changes.filter(({ verdict }) => verdict !== 'fine');
  say(`${summarize(changes)}; to make it what the file says: ${write.join('')}`);
  if (bad.length > 0) process.exitCode = 1;
}

function summarize(changes: readonly Change[]): string {
  const count = (verdict: Change['verdict']) => changes.filter((change) => change.verdict === verdict).length;
  const [broken, doubtful] = [count('breaks'), count('may break')];
  if (broken + doubtful === 0) return 'nothing of it breaks callers';
  const parts = [
    ...(broken > 0 ? [`${broken} ${broken === 1 ? 'change breaks' : 'changes break'} callers`] : []),
    ...(doubtful > 0 ? [`${doubtful} may break them`] : []),
  ];
  return parts.join(', ');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
