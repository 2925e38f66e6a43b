/** What batching has promised, beside what was seen. */
import type { Live } from './live.ts';
import { ownName } from './measure.ts';
import { itemMs, launchMs } from './model.ts';
import type { Sentences } from './sentences.ts';
import type { Simulated } from './simulated.ts';

/** One promise. */
interface Mark {
  readonly what: string;
  readonly wanted: string;
  /** What was seen where it was worst, and where that was. */
  readonly seen: string;
  readonly isReached: boolean;
}

interface Case {
  readonly value: number;
  readonly where: string;
}

/** The promises on what has been measured. */
export function toMarks(simulated: Simulated, live: Live | undefined, sentences: Sentences | undefined): Mark[] {
  return [...ofSimulated(simulated), ...(live ? ofLive(live) : []), ...(sentences ? ofSentences(sentences) : [])];
}

function ofSimulated({ loops, traces, afterBurst, cpuUs }: Simulated): Mark[] {
  const toWhere = ({ model, traffic, load }: Simulated['traces'][number]) => `${model}, ${traffic}, ${load}`;
  const isLoop = ({ slots, returns, callers }: Simulated['loops'][number]) =>
    slots === 1 && returns === 'at once' && [1, 8, 32, 128].includes(callers);
  return [
    atLeast(
      'simulated: 1, 8, 32, 128 callers, of an oracle',
      0.95,
      loops.filter(isLoop).map(({ callers, parts }) => ({ value: parts[ownName] ?? 0, where: `${callers} callers` })),
    ),
    atLeast(
      'simulated: in time, Poisson, up to 0.8 of capacity',
      0.999,
      traces
        .filter(({ traffic, load }) => traffic === 'poisson' && load <= 0.8)
        .map((row) => ({ value: row.own.inTime, where: toWhere(row) })),
    ),
    atLeast(
      'simulated: in time of what a clairvoyant serves, gamma and bursts',
      0.95,
      traces
        .filter(({ traffic }) => traffic !== 'poisson')
        .map((row) => ({ value: row.parts[ownName] ?? 0, where: toWhere(row) })),
    ),
    atLeast(
      'simulated: in time of what the model can do, at twice of it, where a clairvoyant does as much',
      0.9,
      traces
        .filter(({ load, clairvoyant }) => load === 2 && clairvoyant * load >= 0.9)
        .map((row) => ({ value: row.own.ofCapacity, where: toWhere(row) })),
    ),
    below(
      'simulated: 99 % of the refusals, ms',
      5,
      traces.map((row) => ({ value: row.own.refusalMs, where: toWhere(row) })),
    ),
    below('simulated: one request a second after a burst, of the bare time', 1.1, [
      { value: afterBurst[ownName] ?? Number.NaN, where: '' },
    ]),
    below('CPU of the batcher for an item, µs', 5, [
      { value: cpuUs.alone, where: 'one by one' },
      { value: cpuUs.full, where: 'full batches' },
    ]),
  ];
}

function ofLive({ rows, addedMs, afterBurstMs }: Live): Mark[] {
  const lone = afterBurstMs[ownName];
  return [
    atLeast(
      'in a server: callers who ask again, of the oracle',
      0.95,
      rows.map(({ clients, ofOracle }) => ({ value: ofOracle.median, where: `${clients} callers` })),
    ),
    ...(addedMs === undefined
      ? []
      : [below('in a server: added for a lone caller, ms', 0.2, [{ value: addedMs, where: '' }])]),
    ...(lone === undefined
      ? []
      : [
          below('in a server: one request a second after a burst, of the bare time', 1.1, [
            { value: lone / (launchMs + itemMs), where: '' },
          ]),
        ]),
  ];
}

function ofSentences({ served }: Sentences): Mark[] {
  return [
    atLeast(
      'sentence encoder, 32 callers: of the best size without a server',
      0.9,
      served
        .filter(({ clients }) => clients === 32)
        .map(({ ofBest, clients }) => ({ value: ofBest.median, where: `${clients} callers` })),
    ),
    below(
      'sentence encoder: 99 % of the answers of /livez meanwhile, ms',
      5,
      served.map(({ healthP99Ms, clients }) => ({ value: healthP99Ms, where: `${clients} callers` })),
    ),
  ];
}

const toSeen = ({ value, where }: Case) => `${value.toFixed(3)}${where === '' ? '' : ` (${where})`}`;

function atLeast(what: string, least: number, cases: readonly Case[]): Mark {
  const worst = cases.reduce((one, other) => (other.value < one.value ? other : one));
  return { what, wanted: `≥ ${least}`, seen: toSeen(worst), isReached: worst.value >= least };
}

function below(what: string, most: number, cases: readonly Case[]): Mark {
  const worst = cases.reduce((one, other) => (other.value > one.value ? other : one));
  return { what, wanted: `≤ ${most}`, seen: toSeen(worst), isReached: worst.value <= most };
}

/** As Markdown. */
export function describeMarks(marks: readonly Mark[]): string {
  const lines = marks.map(
    ({ what, wanted, seen, isReached }) => `| ${what} | ${wanted} | ${seen} | ${isReached ? 'yes' : '**no**'} |`,
  );
  return `## What is to be reached

| | wanted | seen, at worst | reached |
|---|---|---|---|
${lines.join('\n')}
`;
}
