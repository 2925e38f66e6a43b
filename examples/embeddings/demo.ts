/** Serves the Embedder and asks it questions about the Universal Declaration of Human Rights. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { type Client, createClient } from 'bentots/client';
import { type ServerHandle, serve } from 'bentots/serve';
import type { Embedder, Match } from './service.ts';

const defaultPort = 3000;
const lineWidth = 96;
const answerIndent = ' '.repeat('  0.00  '.length);

/** None of them shares a telling word with its answer. */
const questions = [
  'Can I be put in prison without a trial?',
  'Am I allowed to say what I think?',
  'Can my parents force me to marry someone?',
  'Do I get paid vacation?',
  'Must women earn as much as men?',
];

/** The server's log would run through the answers, so it waits until they are printed. */
const heldLog: string[] = [];
let holdsLog = true;

const { values: flags } = parseArgs({ options: { once: { type: 'boolean' }, port: { type: 'string' } } });
const interrupted = untilInterrupted();

const startedMs = performance.now();
const server = await startServer(flags.port).catch(failWithLog);
try {
  print(introduction(performance.now() - startedMs));
  await Promise.race([present(server.url), interrupted]);
} catch (error) {
  failWithLog(error);
} finally {
  await server.stop();
}

/** Ends with the first Ctrl-C; a second one finds no listener and kills the process. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/** On the port that was asked for, else on the usual one, else on any free one. */
async function startServer(wanted: string | undefined): Promise<ServerHandle> {
  const service = fileURLToPath(new URL('service.ts', import.meta.url));
  const log = { logFormat: 'text', logTo: { write: writeLog } } as const;
  if (wanted !== undefined) return serve(service, { ...log, port: Number(wanted) });
  try {
    return await serve(service, { ...log, port: defaultPort });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'PORT_UNAVAILABLE')) throw error;
    print(`Port ${defaultPort} is taken, so this runs on another one.`);
    return serve(service, { ...log, port: 0 });
  }
}

function writeLog(line: string): void {
  if (holdsLog) heldLog.push(line);
  else process.stdout.write(line);
}

/** The log knows more about what went wrong than the error does. */
function failWithLog(error: unknown): never {
  holdsLog = false;
  for (const line of heldLog) writeLog(line);
  throw error;
}

async function present(url: string): Promise<void> {
  await askAll(createClient<Embedder>(url));
  if (flags.once) return;
  print(invitation(url));
  holdsLog = false; // from here on, every request is seen
  await interrupted;
}

async function askAll(client: Client<Embedder>): Promise<void> {
  const sentences = await readSentences();
  for (const question of questions) {
    const askedMs = performance.now();
    const matches = await client.search(question, sentences, 3);
    print(ranking(question, matches, performance.now() - askedMs));
  }
  print(
    paragraph(
      `The first search took longer, since all ${sentences.length} sentences became vectors. The service ` +
        'remembers those; afterwards only the question is new.',
    ),
  );
}

async function readSentences(): Promise<string[]> {
  const text = await readFile(new URL('data/human-rights.txt', import.meta.url), 'utf8');
  return text.trimEnd().split('\n');
}

function introduction(startMs: number): string {
  return paragraph(
    'The Universal Sentence Encoder Lite, a neural network of 28 MB, searches the Universal Declaration of Human ' +
      'Rights by meaning: questions and answers need not share a word. ' +
      `Starting the server and loading the model took ${(startMs / 1000).toFixed(1)} s.`,
  );
}

function ranking(question: string, matches: readonly Match[], tookMs: number): string {
  const title = `${style('bold', question)}  ${style('dim', `${tookMs.toFixed(0)} ms`)}`;
  const answers = matches.map(({ score, text }, rank) => {
    const [first = '', ...rest] = wrap(text, lineWidth - answerIndent.length);
    const lines = [`  ${style(rank === 0 ? 'green' : 'dim', score.toFixed(2))}  ${first}`];
    return [...lines, ...rest.map((line) => answerIndent + line)].join('\n');
  });
  return [title, ...answers].join('\n');
}

function invitation(url: string): string {
  const body = {
    query: 'How do I make tea?',
    documents: ['Pour boiling water over the leaves.', 'The train leaves at noon.', 'Cats sleep all day.'],
  };
  return [
    `The service is at ${style('bold', url)} until you press Ctrl-C. Try it:`,
    '',
    `curl ${url.replace(/\/$/, '')}/search -H 'content-type: application/json' -d '${JSON.stringify(body)}'`,
  ].join('\n');
}

function paragraph(text: string): string {
  return wrap(text, lineWidth).join('\n');
}

/** Breaks a text at its spaces into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Bold and colour for people; a file or a pipe gets plain text. */
function style(format: 'bold' | 'dim' | 'green', text: string): string {
  return process.stdout.isTTY ? styleText(format, text) : text;
}

function print(block: string): void {
  console.log(`${block}\n`);
}
