import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilteredExpose } from './filtered-metrics.ts';

test('a filter that does not answer is not asked again beside, and is asked again once it has', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  let answer = (_text: string) => {};
  const filter = () => {
    asked++;
    return new Promise<string>((resolve) => {
      answer = resolve;
    });
  };
  const expose = createFilteredExpose(
    async () => ({ text: 'all', mediaType: 'text/plain' }),
    filter,
    () => {},
  );
  const first = expose();
  await turn();
  t.mock.timers.tick(2000);
  assert.equal((await first).text, 'all', 'served without it');
  for (let scrape = 0; scrape < 5; scrape++) assert.equal((await expose()).text, 'all');
  assert.equal(asked, 1);
  answer('late');
  await turn();
  const next = expose();
  await turn();
  answer('filtered');
  assert.equal((await next).text, 'filtered');
  assert.equal(asked, 2);
});

const turn = () => new Promise(setImmediate);
