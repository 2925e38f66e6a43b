/** Measures what it costs to read and check a body, and what a large one does to the requests beside it. */
import type { BenchOptions, BenchReport } from './bench.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';
import { measureBeside, toBesideText } from './validation/beside.ts';
import { type Body, itemsOf, vectorsOf } from './validation/bodies.ts';
import { loadContestants, type Read, reflectService } from './validation/contestants.ts';

export const question = 'What does it cost to read and check a body, and what does a large one do to others?';

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const rounds = isQuick ? 3 : 60;
  const cases = [
    { ...itemsOf(95, '95 B'), times: isQuick ? 2000 : 20_000 },
    { ...itemsOf(10_000, '10 kB'), times: isQuick ? 50 : 400 },
    { ...itemsOf(1_000_000, '1 MB'), times: isQuick ? 2 : 6 },
    { ...vectorsOf(1_000_000, '1 MB of numbers'), times: isQuick ? 2 : 6 },
  ];
  const methods = await reflectService();
  const contestants = Object.entries(await loadContestants());
  const rows = [];
  for (const { times, ...body } of cases) {
    const method = methods.get(body.method);
    if (!method) throw new Error(`the service has no method ${body.method}`);
    const readers = contestants.map(([name, create]) => ({ name, read: create(method), tookUs: [] as number[] }));
    for (const { read } of readers) for (let i = 0; i < times * 3; i++) read(body.bytes); // warm
    for (let round = 0; round < rounds; round++) {
      const first = round % readers.length;
      for (const reader of [...readers.slice(first), ...readers.slice(0, first)]) {
        reader.tookUs.push(timeOf(reader.read, body, times));
      }
    }
    const base = readers[0]?.tookUs ?? [];
    rows.push({
      body: body.name,
      bytes: body.bytes.length,
      readers: readers.map(({ name, tookUs }) => ({
        name,
        us: toSpread(tookUs),
        ratio: toSpread(tookUs.map((us, round) => us / (base[round] ?? Number.NaN))),
      })),
    });
  }
  const beside = await measureBeside(isQuick);
  const text = `${toTable(rows)}
Microseconds of CPU time a body in one process, from its bytes to a value that is known to fit: medians of ${rounds} rounds in which all
take turns, with quartiles, and in brackets the ratio to Ajv. All but bentots read with \`JSON.parse\`. Ajv has the schema
that bentots derives from the types, zod one that says the same. What bentots does beyond: invalid UTF-8, \`__proto__\`, half a
surrogate pair and too much depth are refused, and the arguments are laid out in order.

${toBesideText(beside)}`;
  return { text, data: { rows, beside } };
}

/** CPU microseconds a body, garbage collection included: others have the processor at times. */
function timeOf(read: Read, { bytes }: Body, times: number): number {
  const begun = process.cpuUsage();
  for (let i = 0; i < times; i++) read(bytes);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / times;
}

interface Row {
  readonly body: string;
  readonly bytes: number;
  readonly readers: readonly { readonly name: string; readonly us: Spread; readonly ratio: Spread }[];
}

function toTable(rows: readonly Row[]): string {
  const names = rows[0]?.readers.map(({ name }) => name) ?? [];
  const lines = rows.map(({ body, readers }) => {
    const cells = readers.map(
      ({ us, ratio }, at) =>
        `${formatSpread(us, us.median < 100 ? 2 : 0)}${at === 0 ? '' : ` [${ratio.median.toFixed(2)}×]`}`,
    );
    return `| ${body} | ${cells.join(' | ')} |`;
  });
  return `| body | ${names.join(' | ')} |\n|---|${'---|'.repeat(names.length)}\n${lines.join('\n')}\n`;
}
