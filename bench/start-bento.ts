/** `bento serve` as a user runs it, for benches that measure its process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Server } from './http-overhead/children.ts';

const program = resolve(import.meta.dirname, '../bin/bento.js');

/** What it is started with. */
export interface StartOptions {
  readonly service: string;
  /** Of `bento serve`. */
  readonly flags?: readonly string[];
  /** Where its access log goes; nowhere without it. */
  readonly logFile?: string;
  /** Where it remembers what it has read; the user's own place without it. */
  readonly home?: string;
}

/** A server that is ready. */
export interface StartedBento extends Server {
  /** From the start of the process until the command says that it serves. */
  readonly readyMs: number;
}

/** Starts it on a free port, and resolves when it says that it serves. */
export async function startBento({ service, flags = [], logFile, home }: StartOptions): Promise<StartedBento> {
  const log = logFile === undefined ? undefined : openSync(logFile, 'a');
  const startedMs = performance.now();
  const child = spawn(process.execPath, [program, 'serve', service, '--port', '0', ...flags], {
    env: { ...process.env, ...(home !== undefined && { BENTOML_HOME: home }) },
    stdio: ['ignore', log ?? 'ignore', 'pipe'],
  });
  if (log !== undefined) closeSync(log);
  const exited = once(child, 'exit');
  const stderr = child.stderr as Readable; // it is a pipe
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!said.includes('is served at')) {
    const hasEnded = await Promise.race([once(stderr, 'data').then(() => false), exited.then(() => true)]);
    if (hasEnded) throw new Error(`bento serve ended:\n${said}`);
  }
  return {
    pid: child.pid as number, // it runs
    port: Number(/:(\d+), ready/.exec(said)?.[1]),
    readyMs: performance.now() - startedMs,
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT');
      await exited;
    },
  };
}
