import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNote, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const service = (members: string) =>
  writeFiles({
    'service.ts': `import { appendFileSync } from 'node:fs';
import { api, ApiError, onStartup, service, type Context } from 'bentots';
const note = (text: string) => appendFileSync(process.env.WARM_UP_NOTE!, \`\${process.title}: \${text}\\n\`);
@service({ workers: 2 })
export class Warm {
${members}
}
`,
  });

/** Serves it, and gives what its workers have noted by the time when it is ready. */
async function noted(members: string) {
  using note = createNote();
  process.env.WARM_UP_NOTE = note.path;
  using written = service(members);
  await using served = await start(written.file);
  const metrics = await (await fetch(`${served.url}/metrics`)).text();
  return { lines: note.text().trimEnd().split('\n').sort(), metrics, log: served.log };
}

test('every worker makes the recorded calls before it is ready, after its start-up hooks, and they are no requests', async () => {
  const { lines, metrics, log } = await noted(`
    #loaded = false;
    @onStartup async load() { this.#loaded = true; }
    @api({ warmUp: [{ at: '2026-05-01T00:00:00Z' }, { at: '2027-01-01T00:00:00Z', times: 2 }] })
    async when(at: Date, times = 1): Promise<number> { note(\`\${this.#loaded} \${at.getUTCFullYear()} \${times}\`); return times; }
`);
  const calls = ['true 2026 1', 'true 2027 2'];
  assert.deepEqual(
    lines,
    [1, 2].flatMap((worker) => calls.map((call) => `bentots Warm ${worker}: ${call}`)),
  );
  assert.match(metrics, /^bentoml_service_request_total\{.*endpoint="\/when".*\} 0$/m);
  assert.doesNotMatch(
    metrics,
    /^bentoml_service_request_(?:total|duration_seconds_count)\{.*endpoint="\/when".*\} [1-9]/m,
  );
  assert.deepEqual(
    log.filter(({ level }) => level !== 'info'),
    [],
  );
});

test('streams are read to their end, or until they are warm; whole bodies and contexts are as in a request', async () => {
  const { lines } = await noted(`
    @api({ warmUp: [{ count: 700 }] })
    async *some(count: number): AsyncIterable<number> {
      for (let at = 0; at < count; at++) yield at;
      note('some to its end');
    }
    @api({ warmUp: [{}] })
    async *endless(context: Context): AsyncIterable<string> {
      try { for (;;) yield 'more'; } finally { note(\`endless, aborted \${context.signal.aborted}\`); }
    }
    @api({ body: true, warmUp: ['AQID'] })
    async size(bytes: Uint8Array): Promise<number> { note(\`\${bytes.length} bytes\`); return bytes.length; }
    @api({ body: true, warmUp: ['some text'] })
    async text(text: string, context: Context): Promise<string> { note(\`\${text} to \${context.request.path}\`); return text; }
`);
  const calls = ['3 bytes', 'endless, aborted true', 'some text to /text', 'some to its end'];
  assert.deepEqual(
    lines,
    [1, 2].flatMap((worker) => calls.map((call) => `bentots Warm ${worker}: ${call}`)),
  );
});

for (const [what, members, message] of [
  [
    'a body that does not fit',
    '@api({ warmUp: [{ texts: ["a"] }, { texts: ["a", 1] }] }) async embed(texts: string[]): Promise<number> { return 1; }',
    /^ServiceError: warmUp\[1\] of embed is nothing that it takes: texts\[1\] must be string, but is 1; correct it/,
  ],
  [
    'a body that is no JSON',
    '@api({ warmUp: [{ at: new Date() }] }) async when(at: Date): Promise<number> { return 1; }',
    /^ServiceError: @api of Warm\.when: warmUp is an array, but must be an array of bodies as callers send them, in JSON$/,
  ],
  [
    'a call that fails',
    '@api({ warmUp: [{}] }) async run(): Promise<number> { throw new Error("no weights"); }',
    /^ServiceError: Warm did not start: warmUp\[0\] of run threw: no weights$/,
  ],
  [
    'a call that is answered with an error',
    '@api({ warmUp: [{}] }) async run(): Promise<number> { throw new ApiError(422, "no face"); }',
    /^ServiceError: Warm did not start: warmUp\[0\] of run threw: no face$/,
  ],
  [
    'a stream that fails on its way',
    '@api({ warmUp: [{}] }) async *run(): AsyncIterable<number> { yield 1; throw new Error("no more"); }',
    /^ServiceError: Warm did not start: warmUp\[0\] of run threw: no more$/,
  ],
] as const) {
  test(`${what} ends the start, naming the method and the place`, async () => {
    using written = service(members);
    await assert.rejects(start(written.file), message);
  });
}
