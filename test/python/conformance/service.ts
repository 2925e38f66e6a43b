/** The service of service.py as an author writes it here; conformance.test.ts compares what the two answer. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  ApiError,
  api,
  type Context,
  type ImageFile,
  type Int,
  isAlive,
  isReady,
  type Max,
  type MaxLength,
  type Min,
  service,
  Tensor,
} from 'bentots';

type Whole = number & Int;

interface Address {
  city: string;
}

interface Person {
  name: string;
  /** @default 7 */
  age?: Whole;
  address?: Address | null;
}

interface Described {
  extension: string;
  length: Whole;
  sha256: string;
}

async function describe(file: File): Promise<Described> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return {
    extension: extname(file.name),
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

async function untilThere(gate: string): Promise<void> {
  const watcher = watch(dirname(gate));
  try {
    while (!existsSync(gate)) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

async function sizeOf(picture: ImageFile): Promise<Whole[]> {
  const { width, height } = await picture.size();
  return [width, height] as Whole[];
}

const full = ({ name, age = 7 as Whole, address = null }: Person): Person => ({ name, age, address });

/** Covers every row of the wire. */
@service({ name: 'Conformance', traffic: { timeoutMs: 3000 } })
export class Conformance {
  // What JSON can say.

  @api() add(a: Whole, b: Whole = 1 as Whole): Whole {
    return (a + b) as Whole;
  }

  @api() scale(a: Whole, b = 1): Record<string, number> {
    return { a, b };
  }

  @api() text(text = 'nothing'): string {
    return text;
  }

  @api() optional(name: string | null = null): string {
    return name ?? 'nobody';
  }

  @api() greet(person: Person): Person {
    return full(person);
  }

  @api() people(count: Whole = 2 as Whole): Person[] {
    return Array.from({ length: count }, (_, at) => full({ name: `P${at}` }));
  }

  @api() choose(kind: 'a' | 'b', only: 'x' = 'x'): string {
    return kind + only;
  }

  @api() bounded(count: Whole & Min<0> & Max<10>, word: string & MaxLength<4> = '' as string & MaxLength<4>): Whole {
    return word === '' ? count : count;
  }

  @api() form(
    text: string,
    count: Whole,
    ratio: number,
    flag: boolean,
    tags: string[],
    options: Record<string, Whole>,
  ): Record<string, unknown> {
    return { text, count, ratio, flag, tags, options };
  }

  @api() pair(pair: [Whole, string]): [string, Whole] {
    return [pair[1], pair[0]];
  }

  @api() counts(counts: Record<string, Whole>): Record<string, Whole> {
    return counts;
  }

  @api() anything(value: unknown = null): unknown[] {
    return [value];
  }

  @api() nothing(): void {}

  @api() truth(): boolean {
    return true;
  }

  @api() ratio(): number {
    return 0.5;
  }

  @api() when(): Date {
    return new Date('2020-01-02T03:04:05Z');
  }

  @api() later(when: Date): string {
    return String(Math.trunc(when.getTime() / 1000));
  }

  @api({ batchable: true, maxBatchSize: 4, maxLatencyMs: 1000 }) double(numbers: Whole[]): Whole[] {
    return numbers.map((number) => (2 * number) as Whole);
  }

  // The body as a whole.

  @api({ body: true }) rootText(text: string): string {
    return text;
  }

  @api({ body: true }) rootList(numbers: Whole[]): Whole {
    return numbers.reduce((sum, number) => sum + number, 0) as Whole;
  }

  @api({ body: true }) rootModel(person: Person): string {
    return person.name;
  }

  @api({ body: true }) async rootFile(file: File): Promise<Record<string, unknown>> {
    return { ...(await describe(file)) };
  }

  @api({ body: true }) async rootImage(picture: ImageFile): Promise<Whole[]> {
    return sizeOf(picture);
  }

  // Bytes, files, pictures, tensors.

  @api() bytesIn(data: Uint8Array): Whole {
    return data.length as Whole;
  }

  @api() bytesOut(): Uint8Array {
    return Uint8Array.of(0, 1, 0xfe, 0xff);
  }

  @api() async file(file: File, note = '', number: Whole = 1 as Whole): Promise<Record<string, unknown>> {
    return { ...(await describe(file)), note, number };
  }

  @api() async files(files: File[]): Promise<Record<string, unknown>[]> {
    return Promise.all(files.map(async (file) => ({ ...(await describe(file)) })));
  }

  @api() maybeFile(file: File | null = null): boolean {
    return file !== null;
  }

  /** @param file @mediaType audio/* */
  @api() sound(file: File): Whole {
    return file.size as Whole;
  }

  @api() async picture(picture: ImageFile, times: Whole = 1 as Whole): Promise<Whole[]> {
    return (await sizeOf(picture)).map((side) => (side * times) as Whole);
  }

  @api() async pictures(pictures: ImageFile[]): Promise<Whole[][]> {
    return Promise.all(pictures.map(sizeOf));
  }

  @api() mirror(picture: ImageFile): ImageFile {
    return picture;
  }

  @api() fileOut(name: string, content: string): File {
    return new File([content], name, { type: name.endsWith('.png') ? 'image/png' : '' });
  }

  /** @returns @mediaType audio/mpeg */
  @api() soundOut(): File {
    return new File(['RIFF'], 'beep.mp3', { type: 'audio/mpeg' });
  }

  @api() tensor(x: Tensor<'float32', [2, 3]>): Tensor<'float32', [2, 3]> {
    return new Tensor(
      'float32',
      x.data.map((value) => 2 * value),
      [2, 3],
    );
  }

  @api() anyTensor(x: Tensor<'float64'>): Tensor<'float64'> {
    return x;
  }

  @api() holes(): Tensor<'float64'> {
    return new Tensor('float64', Float64Array.of(1, Number.NaN, 2), [3]);
  }

  // Streams.

  @api() async *words(): AsyncIterable<string> {
    yield* ['a', 'bé', '', 'c\n'];
  }

  @api() async *dicts(count: Whole = 2 as Whole): AsyncIterable<Record<string, Whole>> {
    for (let at = 0; at < count; at++) yield { i: at as Whole };
  }

  @api() async *models(): AsyncIterable<Person> {
    yield full({ name: 'é' });
    yield full({ name: 'b' });
  }

  @api() async *blobs(): AsyncIterable<Uint8Array> {
    yield Uint8Array.of(0, 0xff);
    yield Uint8Array.of(0x80);
  }

  @api() async *large(size: Whole, count: Whole, letter = 'x'): AsyncIterable<string> {
    for (let at = 0; at < count; at++) yield letter.repeat(size);
  }

  @api() async *gated(gate: string): AsyncIterable<string> {
    yield 'first';
    await untilThere(gate);
    yield 'second';
  }

  @api() async *slow(): AsyncIterable<Whole> {
    for (let at = 0; at < 9; at++) {
      yield at as Whole;
      await setTimeout(500);
    }
  }

  @api() async *breaks(after: Whole): AsyncIterable<Whole> {
    for (let at = 0; at < after; at++) yield at as Whole;
    throw new ApiError(400, 'broken');
  }

  @api() async *empty(): AsyncIterable<string> {}

  // Errors, limits, the context.

  @api() refuse(status: Whole): string {
    throw new ApiError(status, 'meant for the caller');
  }

  @api() crash(): string {
    throw new Error('a secret from inside');
  }

  @api() lie(): Whole {
    return 'text' as unknown as Whole;
  }

  @api() async hang(context: Context): Promise<string> {
    await setTimeout(60_000, undefined, { signal: context.signal });
    return 'late';
  }

  @api() context(context: Context): string {
    context.response.status = 201;
    context.response.headers.set('x-mine', context.request.headers.get('x-yours') ?? 'nothing');
    context.response.setCookie('session', 'abc', { httpOnly: true });
    return 'made';
  }

  @api() headers(context: Context): Record<string, string> {
    const names = ['authorization', 'user-agent'];
    return Object.fromEntries(names.map((name) => [name, context.request.headers.get(name) ?? '']));
  }

  @api() direct(status: Whole = 202 as Whole): Response {
    return new Response('<p>', { status, headers: { 'content-type': 'text/html; charset=utf-8', 'x-mine': '1' } });
  }

  // Names that a client has itself.

  @api() request(): string {
    return 'asked';
  }
}

/** Works on one request at a time, is not measured, and tells of traces. */
@service({
  traffic: { timeoutMs: 30_000, maxConcurrency: 1 },
  metrics: { enabled: false },
  http: { response: { traceId: true } },
})
export class Narrow {
  @api() async wait(note: string, gate: string): Promise<string> {
    writeFileSync(note, 'begun');
    await untilThere(gate);
    return 'through';
  }
}

const isWell = () => !existsSync(process.env.CONFORMANCE_ILL ?? '');

/** Neither alive nor ready while there is a file that is called as CONFORMANCE_ILL says. */
@service({ probePeriodMs: 20 })
export class Ill {
  @isAlive alive(): boolean {
    return isWell();
  }

  @isReady ready(): boolean {
    return isWell();
  }

  @api() text(text: string): string {
    return text;
  }
}

/** Two processes. */
@service({ workers: 2 })
export class Pair {
  @api() which(): Whole {
    return process.pid as Whole;
  }
}

/** Without a prefix: there are none yet. */
@service()
export class Prefixed {
  @api() add(a: Whole, b: Whole): Whole {
    return (a + b) as Whole;
  }
}
