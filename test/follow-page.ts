/** Does what a page tells its reader to do in a terminal. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { urlIn } from './bento.ts';

/** The line of a page that begins with these words; one that ends with a backslash goes on. */
export function lineOf(page: string, words: string): string {
  const found = page
    .replaceAll('\\\n', ' ')
    .split('\n')
    .find((line) => line.startsWith(words));
  if (found === undefined) throw new Error(`the page has no line that begins with: ${words}`);
  return found;
}

/** A command that was started. */
export interface Command {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Sends a signal to all that it started. */
  end(signal: NodeJS.Signals): void;
}

/** Starts a command as it stands on a page. */
export function run(command: string, cwd: string): Command {
  // A group of its own on POSIX, since npx and the shell stand between us and the server.
  const child = spawn(command, {
    cwd,
    shell: true,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined) process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  };
  return { child, end };
}

/** A server that was started by a command; leaving the block stops it as Ctrl-C would. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  /** Resolves once the log has the words. */
  logs(words: string): Promise<void>;
}

/** Serves what a command serves, on a free port. */
export async function serveAsWritten(command: string, cwd: string): Promise<Served> {
  const { child, end } = run(`${command} --port 0`, cwd);
  const closed = once(child, 'close');
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (words: string) => {
      said[name] += words;
    });
  }
  const until = async (name: keyof typeof said, words: string) => {
    while (!said[name].includes(words)) {
      const hasEnded = await Promise.race([once(child[name], 'data').then(() => false), closed.then(() => true)]);
      if (hasEnded) throw new Error(`${command} has ended: ${said.stderr}${said.stdout}`);
    }
  };
  await until('stderr', 'Ctrl-C');
  return {
    url: urlIn(said.stderr),
    logs: (words) => until('stdout', words),
    async [Symbol.asyncDispose]() {
      end('SIGINT');
      await closed;
    },
  };
}

/**
 * Sends what a page's `curl` would send with `-d '…'`, `--data-binary @file` or `-F name=@file`; a machine may have Node
 * alone.
 * @param folder in which the files are.
 */
export function asCurl(line: string, url: string, folder: string): Promise<Response> {
  const path = /^curl (?:-N )?http:\/\/127\.0\.0\.1:3000(\S+) /.exec(line)?.[1];
  if (path === undefined) throw new Error(`not a line for this test: ${line}`);
  const body = bodyOf(line, folder);
  const type = /-H 'content-type: ([^']+)'/.exec(line)?.[1] ?? 'application/x-www-form-urlencoded'; // as curl has it
  return fetch(url + path, { method: 'POST', body, headers: body instanceof FormData ? {} : { 'content-type': type } });
}

function bodyOf(line: string, folder: string): NonNullable<RequestInit['body']> {
  const read = (file: string) => new Uint8Array(readFileSync(join(folder, file)));
  const [, text, file, field = '', part] = / (?:-d '(.+)'|--data-binary @(\S+)|-F (\w+)=@(\S+))/.exec(line) ?? [];
  if (file !== undefined) return read(file);
  if (part !== undefined) return formOf({ [field]: new File([read(part)], basename(part)) });
  if (text !== undefined) return text;
  throw new Error(`not a line for this test: ${line}`);
}

/** A form with one part for each field. */
export function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}
