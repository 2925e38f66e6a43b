/** `bento serve`: serves a service until it is told to stop. */
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type { Command } from 'commander';
import { serverOptions } from '../../config/options.ts';
import { fromEnvironment } from '../../config/resolve.ts';
import { isServiceError } from '../../errors.ts';
import { ownProcess } from '../../gateway/own-process.ts';
import { describeReload, type ReloadEvent } from '../../gateway/reload/event.ts';
import type { ServerHandle, StopOptions } from '../../gateway/serve.ts';
import type { ServiceSpec } from '../../spec/service-spec.ts';
import { describeApi } from '../describe-api.ts';
import { drawDownloads } from '../draw-downloads.ts';
import { addFlags, givenFlags } from '../flags.ts';
import { printError } from '../print-error.ts';
import { addTarget } from '../target-argument.ts';
import { type ArgumentFlags, addArguments, readArguments } from '../template-arguments.ts';

type Flags = ArgumentFlags & Readonly<Record<string, unknown>>;

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  addTarget(command);
  addFlags(command, serverOptions);
  addArguments(command);
  command.addHelpText(
    'after',
    '\nExamples:\n  bento serve\n  bento serve src/service.ts:Embedder --port 8080 --workers 2\n  bento serve --arg model=small --arg quant=q8',
  );
  command.action((target: string, flags: Flags) => run(target, flags));
}

async function run(target: string, flags: Flags): Promise<void> {
  const args = readArguments(flags, 'bento serve');
  let startedMs = performance.now();
  const start = new AbortController();
  const running: { server?: ServerHandle } = {};
  let signals = 0;
  let told: readonly string[] = [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const) {
    process.on(signal, () => {
      signals++;
      if (signals > 1) endAtOnce(running.server, signal);
      // A person waits for Ctrl-C; a program that sends SIGTERM may have told the load balancer only just now.
      if (running.server) void stop(running.server, { afterDrainDelay: signal === 'SIGTERM' });
      else start.abort();
    });
  }
  onHangup({
    reload: () => void running.server?.reload().catch(() => {}), // whoever is told of reloads has been told
    end: () => (running.server ? void stop(running.server, {}) : start.abort()),
  });
  try {
    const { serve } = await import('../../gateway/serve.ts'); // not before it is known that this copy serves
    ownProcess();
    const given = { ...fromEnvironment(serverOptions, process.env), ...givenFlags(flags, serverOptions) };
    const onReload = (event: ReloadEvent) => {
      if (event.kind === 'changed') startedMs = performance.now();
      tell(event, flags.verbose === true);
      const methods = running.server && describeApis(running.server.spec);
      if (event.kind !== 'reloaded' || !methods || methods.join() === told.join()) return;
      told = methods;
      for (const line of methods) say(line);
    };
    // While a person works on the code this is told here; what an operator does belongs into the log.
    const telling = given.reload === true ? { onReload } : {};
    const drawing = process.stderr.isTTY ? { onModelProgress: drawDownloads() } : {};
    const watching = { ...telling, ...drawing };
    running.server = await serve(target, { ...given, args, ...watching, control: true, signal: start.signal });
  } catch (error) {
    if (start.signal.aborted && isServiceError(error, 'STOPPING')) return say('stopped before it was ready');
    throw error;
  }
  announce(running.server, performance.now() - startedMs);
  told = describeApis(running.server.spec);
}

function announce({ spec, url }: ServerHandle, readyMs: number): void {
  say(`${spec.name} is served at ${url}, ready in ${Math.round(readyMs)} ms`);
  for (const line of describeApis(spec)) say(line);
  say('  GET  / /docs.json /schema.json /healthz /readyz /metrics');
  say('Ctrl-C stops it.');
}

function describeApis(spec: ServiceSpec): readonly string[] {
  return spec.apis.map((api) => `  POST ${api.route}  ${describeApi(api)}`);
}

/** A problem and a failure are told as those of a start are. */
function tell(event: ReloadEvent, isVerbose: boolean): void {
  if (event.kind === 'problem' || event.kind === 'failed') printError(event.error, isVerbose);
  if (event.kind !== 'problem') say(describeReload(event));
}

/** A hang-up means to load again, as for most servers. But a terminal that goes away sends it, too, and means the end. */
function onHangup({ reload, end }: { readonly reload: () => void; readonly end: () => void }): void {
  if (process.platform === 'win32') return;
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => (hadTerminal && !hasTerminal() ? end() : reload()));
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

async function stop(server: ServerHandle, options: StopOptions): Promise<void> {
  say('stopping: requests under way may finish; a second signal ends at once');
  await server.stop(options);
  process.exit(0);
}

function endAtOnce(server: ServerHandle | undefined, signal: NodeJS.Signals): never {
  server?.kill();
  process.exit(128 + constants.signals[signal]); // as shells count
}

// Standard output is the log's.
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
