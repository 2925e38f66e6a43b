/** The callers of the soak test, in a process of their own: calls of every kind, and a crash now and then. */
import { setTimeout as pause } from 'node:timers/promises';
import { createNote } from './start.ts';

const url = process.argv[2] as string; // the soak test gives it
const pauseMs = 10;
const killEveryMs = 3000;
const exitEveryMs = 45_000; // more often would be a crash loop

/** How often each path was answered with each status; `cut` where the caller left or the answer did not come. */
export type SoakAnswers = Readonly<Record<string, Readonly<Record<string, number>>>>;

const answers: Record<string, Record<string, number>> = {};
const note = createNote();
process.once('message', () => {
  process.send?.(answers satisfies SoakAnswers);
  note[Symbol.dispose]();
  process.exitCode = 0;
  process.disconnect();
});
process.once('disconnect', () => process.exit());

async function post(path: string, body: unknown, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...init,
  }).catch(() => undefined);
  const text = await response?.text().catch(() => undefined); // calls of a worker that is killed fail
  const status = response && text !== undefined ? response.status : 'cut';
  const counts = answers[path] ?? {};
  answers[path] = { ...counts, [status]: (counts[status] ?? 0) + 1 };
  return text ?? '';
}

async function leaveEarly(): Promise<void> {
  const departure = new AbortController();
  setTimeout(() => departure.abort(), 20);
  await post('/endless', { note: note.path }, { signal: departure.signal });
}

const kinds = [
  () => post('/pid', {}),
  () => post('/block', { forMs: 2 }),
  () => post('/hang', { note: note.path }, { headers: { 'x-request-timeout-ms': '30' } }),
  () => post('/pid', { no: 'such' }),
  () => post('/nowhere', {}),
  leaveEarly,
];
for (let caller = 0; caller < 12; caller++) {
  const call = kinds[caller % kinds.length] as () => Promise<unknown>; // of a list that is not empty
  void (async () => {
    for (;;) {
      await call();
      await pause(pauseMs);
    }
  })();
}
setInterval(async () => {
  const pid = Number(await post('/pid', {}));
  if (pid > 0) process.kill(pid, 'SIGKILL');
}, killEveryMs);
setInterval(() => void post('/exit', { code: 1 }), exitEveryMs);
