/** `workerIndex`, by which each worker can have something of its own, such as a GPU. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { workerIndex } from 'bentots';
import { bento } from './bento.ts';
import { createNote, fixture, type Started, start } from './start.ts';

const note = createNote();
process.env.PLACED_NOTE = note.path;
after(() => {
  delete process.env.PLACED_NOTE;
  note[Symbol.dispose]();
});

/** Asks until that many processes have answered, several at once; gives the index of each. */
async function placesOf(service: Started, count: number): Promise<Map<number, number>> {
  const places = new Map<number, number>();
  while (places.size < count) {
    const answers = await Promise.all(Array.from({ length: 4 }, () => service.post('/place', {})));
    for (const answer of answers) {
      const { pid, indexes } = (await answer.json()) as { pid: number; indexes: number[] };
      assert.equal(indexes.length, 1, `the same everywhere in a worker: ${indexes}`);
      places.set(pid, indexes[0] as number);
    }
  }
  return places;
}

const sorted = (places: Map<number, number>) => [...places.values()].sort();

test('each worker knows its index, from 1, and one that takes the place of another has that of the other', async () => {
  await using service = await start('placed', { workers: 3 });
  assert.match(note.text(), /^deployed undefined$/m, 'deployment hooks run for all of them');
  const before = await placesOf(service, 3);
  assert.deepEqual(sorted(before), [1, 2, 3]);
  const [victim, index] = [...before].find(([, one]) => one === 2) as [number, number];
  process.kill(victim, 'SIGKILL');
  await service.line(({ message, pid }) => pid === victim && message.includes(' ended after '));
  const after = await placesOf(service, 3);
  assert.deepEqual([sorted(after), after.has(victim), index], [[1, 2, 3], false, 2]);
  await service.server.reload();
  assert.deepEqual(sorted(await placesOf(service, 3)), [1, 2, 3]);
});

test('workers in the process of a test know theirs, too', async () => {
  await using service = await start('placed', { workers: 1, inProcess: true });
  assert.deepEqual(sorted(await placesOf(service, 1)), [1]);
});

test('whoever is no worker has no index', async () => {
  assert.equal(workerIndex(), undefined);
  await using schema = bento(['schema', fixture('placed')], { env: { PLACED_NOTE: note.path } });
  assert.equal((await schema.finished).end, 0, (await schema.finished).stderr);
  assert.match(note.text(), /^evaluated undefined$/m);
});
