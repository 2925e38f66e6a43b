/** Runs benches by name: `npm run bench -- http-overhead`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, BenchOptions, BenchReport } from './bench.ts';
import { ensureBuilt } from './built-output.ts';
import { describeRun } from './machine.ts';

const root = resolve(import.meta.dirname, '..');
// Loaded once the build is there: some read it.
const benches: { readonly [name: string]: () => Promise<Bench> } = {
  'http-overhead': () => import('./http-overhead.ts'),
  batching: () => import('./batching.ts'),
  embeddings: () => import('./embeddings.ts'),
  images: () => import('./images.ts'),
  reflect: () => import('./reflect.ts'),
  validation: () => import('./validation.ts'),
  peers: () => import('./peers.ts'),
  packaging: () => import('./packaging.ts'),
  start: () => import('./start.ts'),
  streams: () => import('./streams.ts'),
  tensors: () => import('./tensors.ts'),
  uploads: () => import('./uploads.ts'),
};

const toUsage = (questions: readonly string[]) => `npm run bench -- <name>... [--quick] [--also <folder>]

${questions.join('\n')}

  --quick           few and short rounds; the committed results stay as they are
  --also <folder>   measures another built checkout, too (may be repeated); the committed results stay as they are
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, also: { type: 'string', multiple: true, default: [] } },
    allowPositionals: true,
  });
  ensureBuilt(root);
  const usage = toUsage(
    await Promise.all(
      Object.entries(benches).map(async ([name, load]) => `  ${name.padEnd(16)} ${(await load()).question}`),
    ),
  );
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) throw new Error(`there is no bench ${unknown.join(', ')}; there is:\n\n${usage}`);
  if (positionals.length === 0) return console.log(usage);
  const also = values.also.map((folder) => resolve(folder));
  for (const name of positionals) {
    await runBench(name, await (benches[name] as () => Promise<Bench>)(), { isQuick: values.quick, also }); // looked up above
  }
}

async function runBench(name: string, bench: Bench, options: Omit<BenchOptions, 'keep'>): Promise<void> {
  const where = describeRun(root, new Date());
  const results = join(root, 'bench/results');
  const isKept = !options.isQuick && options.also.length === 0;
  const toPage = (text: string, what: string) =>
    `# ${bench.question}\n\n${text}\n${where}.${what}\n\n\`npm run bench -- ${name}\`\n`;
  const write = (file: string, { text, data }: BenchReport, what = '') => {
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, `${file}.md`), toPage(text, what));
    writeFileSync(join(results, `${file}.json`), `${JSON.stringify({ where, ...(data as object) }, null, 2)}\n`);
  };
  const keep = (part: BenchReport) => {
    if (isKept) write(`${name}.part`, part, ' Cut short: this is what had come out.');
  };
  const report = await bench.run({ ...options, keep });
  console.log(toPage(report.text, ''));
  if (!isKept) return;
  write(name, report);
  for (const ending of ['md', 'json']) rmSync(join(results, `${name}.part.${ending}`), { force: true });
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
