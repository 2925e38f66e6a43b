/** Serves examples/transcribe as its page says, and has recordings transcribed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asCurl, formOf, lineOf, type Served, serveAsWritten } from '../follow-page.ts';
import { writeWav } from '../write-wav.ts';

const folder = fileURLToPath(new URL('../../examples/transcribe/', import.meta.url));
const page = readFileSync(`${folder}README.md`, 'utf8');
const sample = readFileSync(`${folder}data/sample.wav`);
const shown = /```text\n(.*)\n```/.exec(page)?.[1] ?? '';

let served: Served;
let said = ''; // what this machine makes of the sample
before(async () => {
  served = await serveAsWritten(`${lineOf(page, 'npm start')} --`, folder);
  said = await (await transcribe(sample)).text();
});
after(() => served[Symbol.asyncDispose]());

/** The sample's samples, from -1 to 1. */
const samples = Float32Array.from(
  { length: (sample.length - 44) / 2 },
  (_, at) => sample.readInt16LE(44 + at * 2) / 2 ** 15,
);

function transcribe(body: Uint8Array, init: RequestInit = {}): Promise<Response> {
  const audio = new File([new Uint8Array(body)], 'recording.wav', { type: 'audio/wav' });
  return fetch(`${served.url}/transcribe`, { ...init, method: 'POST', body: formOf({ audio }) });
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\w+/g) ?? [];
}

/** But for two words: the weights have 8 bits, which processors of other makes add up a little differently. */
function assertSaysWhatIsShown(text: string): void {
  const [words, shownWords] = [wordsOf(text), wordsOf(shown)];
  const wrong = words.filter((word) => !shownWords.includes(word));
  const missing = shownWords.filter((word) => !words.includes(word));
  assert.ok(words.length > 45 && wrong.length <= 2 && missing.length <= 2, `${wrong} for ${missing} in: ${text}`);
}

/** Gives the first piece of an answer, and stops reading. */
async function firstPiece(response: Response): Promise<string> {
  for await (const chunk of response.body ?? []) return Buffer.from(chunk).toString();
  return '';
}

test('the sample says what the page shows, called as the page says', async () => {
  const response = await asCurl(lineOf(page, 'curl '), served.url, folder);
  const text = await response.text();
  assert.deepEqual([response.status, text], [200, said]);
  assertSaysWhatIsShown(text);
});

test('the first words come long before the last ones', async () => {
  const first = await firstPiece(await transcribe(sample));
  assert.ok(first.length > 0 && first.length < said.length / 2, first);
  assert.ok(said.startsWith(first), first);
});

test('as events, each is a piece of text and the last one says that it is the end', async () => {
  const text = await (await transcribe(sample, { headers: { accept: 'text/event-stream' } })).text();
  const events = text.trimEnd().split('\n\n');
  assert.equal(events.pop(), 'event: end\ndata: null');
  assert.equal(events.map((event) => JSON.parse(event.replace('data: ', '')) as string).join(''), said);
  assert.ok(events.length > 40, `${events.length}`);
});

test('several callers at once get their own texts, the same as alone, in batches, and while the others get theirs', async () => {
  const clips = [[0, 5.5], [5, 9.5], [8, 12], [10.5, 17]].map(([from = 0, to = 0]) =>
    writeWav(samples.slice(from * 16_000, to * 16_000), { rate: 16_000 }),
  ); // biome-ignore format: seconds
  const alone: string[] = [];
  for (const clip of clips) alone.push(await (await transcribe(clip)).text());
  const before = await countBatched();
  const ends: string[] = [];
  const read = async (clip: Buffer, at: number) => {
    let text = '';
    for await (const chunk of (await transcribe(clip)).body ?? []) {
      if (text === '') ends.push(`first of ${at}`);
      text += Buffer.from(chunk).toString();
    }
    ends.push(`last of ${at}`);
    return text;
  };
  const all = [...clips, ...clips];
  assert.deepEqual(await Promise.all(all.map(read)), [...alone, ...alone]);
  const after = await countBatched();
  assert.equal(after.recordings - before.recordings, all.length);
  assert.ok(after.batches - before.batches <= all.length / 2, `${after.batches - before.batches} batches`);
  let open = 0;
  const mostOpen = Math.max(...ends.map((one) => (one.startsWith('first') ? ++open : --open)));
  assert.ok(mostOpen >= 3, `many have their first words while none of them has its last one: ${ends}`);
});

/** How many batches have run, and the recordings in them. */
async function countBatched(): Promise<{ readonly batches: number; readonly recordings: number }> {
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`_batch_items_${name}\\{[^}]*\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
  return { batches: read('count'), recordings: read('sum') };
}

test('a recording in stereo with another rate and other samples says the same', async () => {
  const rate = 44_100;
  const stereo = Float32Array.from({ length: Math.floor((samples.length / 16_000) * rate) * 2 }, (_, index) => {
    const at = (Math.floor(index / 2) * 16_000) / rate;
    const before = Math.floor(at);
    return (samples[before] ?? 0) * (before + 1 - at) + (samples[before + 1] ?? 0) * (at - before);
  });
  const response = await transcribe(writeWav(stereo, { rate, channels: 2, kind: 3, bits: 32, isExtensible: true }));
  const text = await response.text();
  assertSaysWhatIsShown(text);
});

test('when callers leave, their recordings are not transcribed any further', async () => {
  const startedMs = performance.now();
  await (await transcribe(sample)).text();
  const oneMs = performance.now() - startedMs;
  const long = writeWav(
    Float32Array.from({ length: samples.length * 30 }, (_, at) => samples[at % samples.length] ?? 0),
    {
      rate: 16_000,
    },
  );
  // As many as a worker takes at once: until they have ended, nobody else has a turn.
  for (let count = 0; count < 2; count++) {
    const leaving = new AbortController();
    await firstPiece(await transcribe(long, { signal: leaving.signal }));
    leaving.abort();
  }
  const leftMs = performance.now();
  assert.equal(await (await transcribe(sample)).text(), said);
  const nextMs = performance.now() - leftMs;
  assert.ok(nextMs < oneMs * 10, `${nextMs} ms after ${oneMs} ms, and thirty times as long to the end of the others`);
});

test('silence has no words, and what is no recording is refused with a remedy', async () => {
  const silence = await transcribe(writeWav(new Float32Array(32_000), { rate: 16_000 }));
  assert.deepEqual([silence.status, await silence.text()], [200, '']);
  const song = await transcribe(Buffer.from('ID3 not a WAV file'));
  const { code, error } = (await song.json()) as { code: string; error: string };
  assert.deepEqual([song.status, code], [422, 'AUDIO_UNREADABLE']);
  assert.match(error, /convert it, for example with: ffmpeg/);
});
