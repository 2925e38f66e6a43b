/** Serves examples/ocr as its page says, and reads pictures with it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asCurl, formOf, lineOf, type Served, serveAsWritten } from '../follow-page.ts';

const folder = fileURLToPath(new URL('../../examples/ocr/', import.meta.url));
const page = readFileSync(`${folder}README.md`, 'utf8');
const sample = readFileSync(`${folder}data/sample.png`);

type Line = { readonly text: string; readonly score: number; readonly box: readonly (readonly [number, number])[] };

let served: Served;
before(async () => {
  served = await serveAsWritten(`${lineOf(page, 'npm start')} --`, folder);
});
after(() => served[Symbol.asyncDispose]());

function read(bytes: Uint8Array, rest: Readonly<Record<string, string>> = {}): Promise<Response> {
  const image = new File([new Uint8Array(bytes)], 'sample.png', { type: 'image/png' });
  return fetch(`${served.url}/read`, { method: 'POST', body: formOf({ image, ...rest }) });
}

test('the sample has the lines that the page shows, where it shows them', async () => {
  const response = await asCurl(lineOf(page, 'curl '), served.url, folder);
  const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as Line[];
  const lines = (await response.json()) as Line[];
  assert.equal(response.status, 200);
  assert.deepEqual(
    lines.map(({ text }) => text),
    shown.map(({ text }) => text),
  );
  for (const [index, { text, score, box }] of lines.entries()) {
    assert.ok(score > 0.9 && score <= 1, `${text}: ${score}`);
    // A processor of another make computes a little differently.
    for (const [corner, [x, y]] of box.entries()) {
      const [shownX = 0, shownY = 0] = shown[index]?.box[corner] ?? [];
      assert.ok(Math.hypot(x - shownX, y - shownY) < 3, `${text}: ${x} ${y}`);
    }
  }
});

test('a caller chooses how many lines there may be, and how sure the model has to be', async () => {
  const few = (await (await read(sample, { maxLines: '2' })).json()) as Line[];
  assert.equal(few.length, 2);
  const sure = (await (await read(sample, { minScore: '0.999' })).json()) as Line[];
  assert.ok(sure.length > 2 && sure.length < 11, `${sure.length}`);
});

test('what is no picture is refused, and so is one that is cut off in the middle', async () => {
  const noPicture = await read(Buffer.from('hello'));
  assert.deepEqual([noPicture.status, ((await noPicture.json()) as { code: string }).code], [400, 'INVALID_INPUT']);
  const half = await read(sample.subarray(0, sample.length / 2));
  assert.deepEqual([half.status, ((await half.json()) as { code: string }).code], [422, 'PICTURE_UNREADABLE']);
});

test('a picture that claims to be huge is refused before it is decoded', async () => {
  const huge = Buffer.from(sample);
  huge.writeUInt32BE(100_000, 16); // the width in the header of a PNG
  const response = await read(huge);
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [413, 'PICTURE_TOO_LARGE']);
});
