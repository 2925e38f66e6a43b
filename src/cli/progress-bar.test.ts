import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgressBar } from './progress-bar.ts';

function draw(columns: number) {
  const terminal = { columns, text: '', write: (text: string) => (terminal.text += text) };
  const clock = { nowMs: 0 };
  return { terminal, clock, tell: createProgressBar(terminal, () => clock.nowMs) };
}

test('a download is a line that is drawn anew, ten times a second at most, and goes away with the last one', () => {
  const { terminal, clock, tell } = draw(80);
  tell({ what: 'org/a', bytes: 0, totalBytes: 1024 });
  tell({ what: 'org/a', bytes: 1, totalBytes: 1024 });
  clock.nowMs = 100;
  tell({ what: 'org/a', bytes: 512, totalBytes: 1024 });
  clock.nowMs = 200;
  tell({ what: 'b', bytes: 0, totalBytes: 1024 });
  tell({ what: 'org/a', bytes: 1024, totalBytes: 1024 });
  tell({ what: 'b', bytes: 1024, totalBytes: 1024 });
  assert.deepEqual(terminal.text.split('\x1b[K'), [
    `\r${'░'.repeat(24)} 0 % of 1.00 KiB  org/a`,
    `\r${'█'.repeat(12)}${'░'.repeat(12)} 50 % of 1.00 KiB  org/a`,
    `\r${'█'.repeat(6)}${'░'.repeat(18)} 25 % of 2.00 KiB  org/a, b`,
    '\r',
    '',
  ]);
});

test('the line fits the terminal', () => {
  const { terminal, tell } = draw(20);
  tell({ what: 'org/a', bytes: 0, totalBytes: 1024 });
  assert.equal(terminal.text, `\r${'░'.repeat(19)}\x1b[K`);
});
