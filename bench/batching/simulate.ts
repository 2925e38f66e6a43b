/** Runs a policy of batching in virtual time. */
import { createCostModel } from '../../src/batching/cost-model.ts';
import { decide } from '../../src/batching/decide.ts';
import { createReturns } from '../../src/batching/returns.ts';

interface Job { readonly client: number; readonly cameAtMs: number; readonly expiresAtMs: number }
export interface Policy {
  came?(count: number, nowMs: number): void;
  /** until when to wait, or now */
  ask(view: { items: number; cameAtMs: number; expiresAtMs: number; nowMs: number }): number;
  ran?(items: number, ranMs: number, nowMs: number): void;
}
export interface World {
  readonly clients: number; readonly M: number; readonly cost: (m: number) => number; readonly rttMs: number; readonly perRequestMs: number; readonly endMs: number; readonly seed: number; readonly sloMs: number;
  readonly poissonPerMs?: number;
}
function rng(seed: number) { let s = seed >>> 0; return () => { s = (s + 0x6d2b79f5) >>> 0; let t = s; t = Math.imul(t ^ (t >>> 15), t | 1); t ^= t + Math.imul(t ^ (t >>> 7), t | 61); return ((t ^ (t >>> 14)) >>> 0) / 4294967296; }; }
export function simulate(world: World, policy: Policy) {
  const random = rng(world.seed);
  const exp = (mean: number) => -mean * Math.log(1 - random());
  const events: { at: number; run: () => void; seq: number }[] = []; let seq = 0;
  const at = (t: number, run: () => void) => { const e = { at: t, run, seq: seq++ }; let i = events.length; events.push(e); while (i > 0) { const p = (i - 1) >> 1; const q = events[p]!; if (q.at < e.at || (q.at === e.at && q.seq < e.seq)) break; events[i] = q; i = p; } events[i] = e; };
  const pop = () => { const top = events[0]!; const last = events.pop()!; if (events.length) { let i = 0; for (;;) { let c = 2 * i + 1; if (c >= events.length) break; const less = (a: typeof last, b: typeof last) => a.at < b.at || (a.at === b.at && a.seq < b.seq); if (c + 1 < events.length && less(events[c + 1]!, events[c]!)) c++; if (!less(events[c]!, last)) break; events[i] = events[c]!; i = c; } events[i] = last; } return top; };
  let now = 0; const queue: Job[] = []; let busy = false; let done = 0; let batches = 0; const latencies: number[] = []; let timer = 0; let gatewayFree = 0; let inSlo = 0;
  const through = (t: number) => { gatewayFree = Math.max(gatewayFree, t) + world.perRequestMs; return gatewayFree; };
  const tick = () => {
    if (busy || queue.length === 0) return;
    const first = queue[0]!;
    const until = policy.ask({ items: queue.length, cameAtMs: first.cameAtMs, expiresAtMs: first.expiresAtMs, nowMs: now });
    if (until > now) { const mine = ++timer; at(until, () => { if (mine === timer) tick(); }); return; }
    timer++; const batch = queue.splice(0, world.M); busy = true; const ran = world.cost(batch.length) * (1 + 0.02 * (random() - 0.5));
    at(now + ran, () => {
      busy = false; batches++; policy.ran?.(batch.length, ran, now);
      for (const job of batch) { done++; const answered = through(now); latencies.push(answered - job.cameAtMs); if (answered <= job.expiresAtMs) inSlo++; if (world.poissonPerMs === undefined) at(answered + world.rttMs * (0.7 + 0.6 * random()), () => send(job.client)); }
      tick();
    });
  };
  const send = (client: number) => { const t = through(now); at(t, () => { queue.push({ client, cameAtMs: now, expiresAtMs: now + world.sloMs }); policy.came?.(1, now); tick(); }); };
  if (world.poissonPerMs === undefined) for (let c = 0; c < world.clients; c++) at(random() * 5, () => send(c));
  else { const next = () => { send(0); at(now + exp(1 / world.poissonPerMs!), next); }; at(0, next); }
  while (events.length > 0) { const e = pop(); now = e.at; if (now > world.endMs) break; e.run(); }
  latencies.sort((a, b) => a - b);
  return { perSecond: (done / world.endMs) * 1000, meanBatch: done / batches, meanMs: latencies.reduce((a, b) => a + b, 0) / latencies.length, p99: latencies[Math.floor(latencies.length * 0.99)], slo: inSlo / done };
}
export const greedy = (): Policy => ({ ask: ({ nowMs }) => nowMs });
export const oracle = (n: number, M: number): Policy => ({ ask: ({ items, nowMs }) => (items >= Math.min(n, M) ? nowMs : nowMs + 1000) });
export const fixed = (size: number, waitMs: number): Policy => ({ ask: ({ items, cameAtMs, nowMs }) => (items >= size ? nowMs : Math.max(nowMs, cameAtMs + waitMs)) });
export const ours = (M: number): Policy & { share(): number } => {
  const cost = createCostModel(); const returns = createReturns();
  return {
    share: () => returns.share,
    came: (n, t) => returns.came(n, t),
    ran(items, ranMs, t) { cost.learn(items, ranMs); returns.answered(items, t); },
    ask(view) { const d = decide(view, { nowMs: view.nowMs, maxBatchSize: M, maxWaitMs: 0, cost, expected: returns.expected(view.nowMs) }); return d.kind === 'send' ? view.nowMs : d.untilMs; },
  };
};
const M = 64; const cost = (m: number) => 5 + 0.1 * m;
for (const clients of [1, 2, 4, 8, 16, 32, 64, 100, 128, 200]) {
  const world: World = { clients, M, cost, rttMs: 0.3, perRequestMs: 0.06, endMs: 20000, seed: 1, sloMs: 60000 };
  const o = simulate(world, oracle(clients, M)); const g = simulate(world, greedy()); const mine = ours(M); const u = simulate(world, mine); const f = simulate(world, fixed(64, 2));
  console.log(clients, 'oracle', o.perSecond.toFixed(0), 'greedy', (g.perSecond / o.perSecond).toFixed(3), 'fixed2ms', (f.perSecond / o.perSecond).toFixed(3), 'ours', (u.perSecond / o.perSecond).toFixed(3), 'batch', u.meanBatch.toFixed(1), 'share', mine.share().toFixed(2), 'mean', u.meanMs.toFixed(2), o.meanMs.toFixed(2));
}
const capacity = M / cost(M);
for (const load of [0.02, 0.1, 0.3, 0.5, 0.8, 0.95]) {
  const world: World = { clients: 1, M, cost, rttMs: 0.3, perRequestMs: 0.02, endMs: 20000, seed: 1, sloMs: 100, poissonPerMs: load * capacity };
  const g = simulate(world, greedy()); const mine = ours(M); const u = simulate(world, mine); const f = simulate(world, fixed(64, 5));
  console.log('poisson', load, 'greedy', g.meanMs.toFixed(2), g.p99?.toFixed(1), g.slo.toFixed(4), 'ours', u.meanMs.toFixed(2), u.p99?.toFixed(1), u.slo.toFixed(4), 'share', mine.share().toFixed(2), 'fixed', f.meanMs.toFixed(2));
}
