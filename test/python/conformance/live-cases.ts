/** What takes more than one request: health, limits, time, metrics, the log. */
import { rmSync, writeFileSync } from 'node:fs';
import { createNote } from '../../start.ts';
import { type Answer, type Asked, ask } from './ask.ts';
import type { Case, Facets } from './case.ts';
import { errorFacetsOf, get, post } from './http-case.ts';
import type { Server } from './servers.ts';

/** Waits until an answer fits; the test has a limit of time. */
async function askUntil(url: string, asked: Asked, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask(url, asked);
    if (fits(answer)) return answer;
  }
}

const illCases = ['readyz', 'livez', 'healthz'].map(
  (name): Case => ({
    id: `10.${name}`,
    what: `/${name} of a service that is ill`,
    service: 'Ill',
    known: { status: 503 },
    async run({ url }) {
      writeFileSync(process.env.CONFORMANCE_ILL ?? '', '');
      const { status, headers, body } = await askUntil(url, get(`/${name}`), (answer) => answer.status !== 200);
      return { status, type: headers['content-type'], ...errorFacetsOf(body) };
    },
  }),
);

/** The first chunk is read before there can be a second one. */
async function runGated({ url }: Server): Promise<Facets> {
  using gate = createNote();
  rmSync(gate.path);
  let before: string | undefined;
  const { chunks } = await ask(url, post('/gated', { gate: gate.path }), (soFar) => {
    if (before !== undefined || !soFar.includes('first')) return;
    before = soFar.includes('second') ? 'both' : 'first';
    writeFileSync(gate.path, '');
  });
  return { before, chunks: chunks?.map(String) };
}

/** One request holds the only place. */
async function runNarrow({ url }: Server): Promise<Facets> {
  using note = createNote();
  using gate = createNote();
  rmSync(gate.path);
  const holding = ask(url, post('/wait', { note: note.path, gate: gate.path }));
  await note.until('begun');
  const refused = await ask(url, post('/wait', { note: note.path, gate: gate.path }));
  const others = await Promise.all(
    ['/livez', '/schema.json'].map(async (path) => [path, (await ask(url, get(path))).status]),
  );
  writeFileSync(gate.path, '');
  const held = await holding;
  const after = await ask(url, post('/wait', { note: note.path, gate: gate.path }));
  return {
    status: refused.status,
    type: refused.headers['content-type'],
    server: refused.headers.server ?? null,
    ...errorFacetsOf(refused.body),
    meanwhile: Object.fromEntries(others),
    held: held.status,
    after: after.status,
  };
}

/** Samples of a metric by their labels, as they stand. */
function samplesOf(exposition: string, name: string): ReadonlyMap<string, number> {
  const lines = exposition.split('\n').filter((line) => line.startsWith(`${name}{`));
  return new Map(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const scrape = async ({ url }: Server) => (await ask(url, get('/metrics'))).body.toString();

/** Their order is nobody's business. */
function labelNames(labels: string): string {
  return [...labels.matchAll(/(\w+)="/g)]
    .map(([, name]) => name)
    .sort()
    .join();
}

const families = [
  'bentoml_service_request_total counter',
  'bentoml_service_request_duration_seconds histogram',
  'bentoml_service_request_in_progress gauge',
  'bentoml_service_last_request_timestamp_seconds gauge',
];

const ofWhich = (samples: ReadonlyMap<string, number>) =>
  [...samples].filter(([labels]) => labels.includes('endpoint="/which"'));

const totalsOf = (exposition: string) => ofWhich(samplesOf(exposition, 'bentoml_service_request_total'));

const byCode = (totals: readonly (readonly [labels: string, count: number])[]) =>
  totals.map(([labels, count]) => [/http_response_code="(\d+)"/.exec(labels)?.[1], count]).sort();

async function runMetrics(server: Server): Promise<Facets> {
  await ask(server.url, get('/livez')); // the first request of all
  const before = totalsOf(await scrape(server));
  await ask(server.url, post('/which', {}));
  const exposition = await scrape(server);
  const progress = ofWhich(samplesOf(exposition, 'bentoml_service_request_in_progress'));
  const buckets = ofWhich(samplesOf(exposition, 'bentoml_service_request_duration_seconds_bucket'));
  return {
    labels: [...new Set(totalsOf(exposition).map(([labels]) => labelNames(labels)))],
    before: byCode(before),
    buckets: buckets
      .map(([labels]) => labels)
      .filter((labels) => labels.includes('"200"'))
      .map(upperEndOf),
    'in progress': progress.map(([labels, value]) => [labelNames(labels), value]),
    families: families.filter((family) => exposition.includes(`# TYPE ${family}\n`)),
  };
}

/** Printed by one as `1.0`, and by the other as `1`. */
function upperEndOf(labels: string): string {
  return String(Number(/le="([^"]+)"/.exec(labels)?.[1]?.replace('+Inf', 'Infinity')));
}

/** How many more calls are counted than there were. */
async function runMerged(server: Server): Promise<Facets> {
  const count = async () => totalsOf(await scrape(server)).reduce((sum, [, one]) => sum + one, 0);
  const before = await count();
  for (let request = 0; request < 20; request++) await ask(server.url, post('/which', {}));
  return { counted: (await count()) - before };
}

async function runProgress(server: Server): Promise<Facets> {
  using gate = createNote();
  rmSync(gate.path);
  const streaming = ask(server.url, post('/gated', { gate: gate.path }));
  const count = async () =>
    [...samplesOf(await scrape(server), 'bentoml_service_request_in_progress')].find(([labels]) =>
      labels.includes('"/gated"'),
    )?.[1];
  while ((await count()) !== 1);
  writeFileSync(gate.path, '');
  await streaming;
  while ((await count()) !== 0);
  return { rises: true };
}

/** What the line of a request says, without times and ids. */
async function runAccessLog(server: Server): Promise<Facets> {
  await ask(server.url, get('/livez'));
  await ask(server.url, post('/add?b=in-the-query', { a: 40 }));
  while (!server.log().includes('/add')) await ask(server.url, get('/livez')); // it is written after the answer
  const log = server.log();
  return {
    hasPath: log.includes('/add'),
    hasQuery: log.includes('in-the-query'),
    hasProbes: /path=\/livez|"path":"\/livez"/.test(log),
  };
}

/** All of them. */
export const liveCases: readonly Case[] = [
  ...illCases,
  {
    id: '58',
    what: 'the first chunk comes before the second is made',
    service: 'Conformance',
    known: { before: 'first' },
    run: runGated,
  },
  {
    id: '63',
    what: 'one request too many at once',
    service: 'Narrow',
    known: { status: 429, held: 200, after: 200 },
    run: runNarrow,
  },
  {
    id: '92',
    what: 'the metrics of requests, before and after a call',
    service: 'Pair',
    known: {
      labels: ['endpoint,http_response_code,runner_name,service_name,service_version'],
      before: [
        ['200', 0],
        ['500', 0],
      ],
      families,
    },
    run: runMetrics,
  },
  { id: '94', what: 'two workers are counted together', service: 'Pair', known: { counted: 20 }, run: runMerged },
  { id: '93', what: 'requests in progress', service: 'Conformance', known: { rises: true }, run: runProgress },
  {
    id: '95',
    what: 'the access log',
    service: 'Conformance',
    known: { hasPath: true, hasQuery: false, hasProbes: false },
    run: runAccessLog,
  },
];
