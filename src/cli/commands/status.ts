/** `bento status`: prints how the running servers are. */
import type { Command } from 'commander';
import { findHome } from '../../config/home.ts';
import type { ServedGeneration, ServerStatus } from '../../gateway/control/protocol.ts';
import { toPlainText } from '../../observe/plain-text.ts';
import { describeAge } from '../describe-age.ts';
import { addOutput, type Output, printValue } from '../print-value.ts';
import { addServerChoice, chosenServers, nameServer, type ServerChoice } from '../server-choice.ts';
import { toTable } from '../table.ts';

/** Adds options and what to do. */
export function define(command: Command): void {
  addServerChoice(command);
  addOutput(command);
  command.addHelpText('after', '\nExamples:\n  bento status\n  bento status --port 3000 -o json');
  command.action((flags: ServerChoice & { readonly output: Output }) => run(flags));
}

async function run({ output, ...choice }: ServerChoice & { readonly output: Output }): Promise<void> {
  const servers = await chosenServers(findHome(), choice);
  if (output !== 'table') {
    const answers = servers.map(({ place, answer }) =>
      'status' in answer ? answer.status : { port: place.port, problem: answer.problem },
    );
    return printValue(answers, output);
  }
  if (servers.length === 0) return print('no server is running that bento serve has started for this user');
  const nowMs = Date.now();
  const texts = servers.map((server) =>
    'status' in server.answer
      ? describe(server.answer.status, nowMs)
      : `${nameServer(server)}: ${server.answer.problem}`,
  );
  print(texts.join('\n\n'));
}

function describe(status: ServerStatus, nowMs: number): string {
  const { url, pid, state, since, version, generations } = status;
  const service = generations[0]?.service ?? 'a service';
  const head = `${service} at ${url}: ${state}, pid ${pid}, for ${describeAge(since, nowMs)}, bentots ${version}`;
  return [head, ...generations.map((generation) => describeGeneration(generation, nowMs))].join('\n');
}

function describeGeneration(generation: ServedGeneration, nowMs: number): string {
  const { phase, since, requests, streams, workers, methods, limits } = generation;
  const workerTable = toTable(
    ['WORKER', 'PID', 'STATE', 'CALLS', 'AGE', 'RESTARTS', 'MEMORY', 'LAST END'],
    workers.map((worker) => [
      worker.index,
      worker.pid,
      worker.state,
      worker.calls,
      worker.since === undefined ? undefined : describeAge(worker.since, nowMs),
      worker.restarts,
      worker.rssBytes === undefined ? undefined : `${Math.round(worker.rssBytes / 1024 ** 2)} MiB`,
      worker.lastEnd,
    ]),
  );
  const methodTable = toTable(
    ['METHOD', 'WAITING', 'RUNNING', 'SLOTS', 'TAKES'],
    methods.map(({ name, waiting, running, slots, costMs }) => [
      name,
      waiting,
      running,
      slots,
      costMs === undefined ? undefined : `${costMs.toFixed(1)} ms`,
    ]),
  );
  const concurrency = limits.maxConcurrency === undefined ? '' : `, ${limits.maxConcurrency} at once`;
  const lines = [
    `${phase} for ${describeAge(since, nowMs)}: ${count(requests, 'request')}, ${count(streams, 'stream')}`,
    ...workerTable.map((line) => `  ${line}`),
    ...methodTable.map((line) => `  ${line}`),
    `limits: ${limits.timeoutMs} ms a request, ${limits.maxQueue} waiting${concurrency}`,
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function print(text: string): void {
  process.stdout.write(`${toPlainText(text)}\n`);
}
