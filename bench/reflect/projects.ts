/** The projects whose types are read: as authors have them, in folders of their own. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packagesFolder } from '../packages.ts';

/** A service in a folder. */
export interface Project {
  readonly name: string;
  readonly folder: string;
  /** The file with the service. */
  readonly file: string;
}

const root = resolve(import.meta.dirname, '../..');

const light = `import { api, service } from 'bentots';

/** A word with its weight. */
interface Word { text: string; /** @minimum 0 @maximum 1 */ weight: number }

@service()
export class Light {
  @api() async count(text: string, /** @integer */ limit = 10): Promise<Word[]> {
    return text.split(' ').slice(0, limit).map((word) => ({ text: word, weight: 1 }));
  }
  @api() async *words(text: string): AsyncGenerator<string> { yield* text.split(' '); }
  @api() join(words: Word[], by: ' ' | ', ' = ' '): string { return words.map(({ text }) => text).join(by); }
}
`;

const heavy = `import { api, service } from 'bentots';
import { OpenAI } from 'openai';
import { InferenceSession, Tensor } from 'onnxruntime-node';

interface Message { role: 'system' | 'user' | 'assistant'; content: string }

@service()
export class Heavy {
  client = new OpenAI();
  session?: InferenceSession;

  @api() async chat(messages: Message[], temperature = 1): Promise<{ text: string; usage?: OpenAI.CompletionUsage }> {
    const { choices, usage } = await this.client.chat.completions.create({ model: 'm', messages, temperature });
    return { text: choices[0]?.message.content ?? '', ...(usage && { usage }) };
  }
  @api() async run(data: number[], dims: readonly number[], type: Tensor.Type): Promise<Record<string, readonly number[]>> {
    const out = await this.session?.run({ x: new Tensor(Float32Array.from(data), dims) });
    return Object.fromEntries(Object.entries(out ?? {}).map(([name, { dims }]) => [name, dims]));
  }
}
`;

const wideCount = 199;
const widePart = (at: number) => `/** Part ${at}. */
export interface Part${at} { id: ${at}; name: string; values: number[] }
export function check(part: Part${at}): boolean { return part.values.length > ${at}; }
`;
const parts = Array.from({ length: wideCount }, (_, at) => at);
const wide = `import { api, service } from 'bentots';
${parts.map((at) => `import { check as check${at}, type Part${at} } from './part-${at}.ts';`).join('\n')}
@service()
export class Wide {
  @api() check(part: ${parts
    .slice(0, 20)
    .map((at) => `Part${at}`)
    .join(' | ')}): boolean {
    return [${parts.map((at) => `check${at}`).join(', ')}].some((check) => check(part as never));
  }
}
`;

/** Makes them; removed at the end of the block. */
export function createProjects(): { readonly all: readonly Project[] } & Disposable {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'bentots-bench-')));
  return {
    all: [
      create(parent, 'light', { 'service.ts': light }),
      create(parent, 'heavy', { 'service.ts': heavy }),
      create(parent, 'wide', {
        'service.ts': wide,
        ...Object.fromEntries(parts.map((at) => [`part-${at}.ts`, widePart(at)])),
      }),
    ],
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

function create(parent: string, name: string, files: Readonly<Record<string, string>>): Project {
  const folder = join(parent, name);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules/bentots'), 'dir');
  const installed = join(packagesFolder, 'node_modules');
  for (const entry of readdirSync(installed)) {
    if (!entry.startsWith('.')) symlinkSync(join(installed, entry), join(folder, 'node_modules', entry), 'dir');
  }
  copyFileSync(join(packagesFolder, 'package-lock.json'), join(folder, 'package-lock.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "module": "nodenext", "strict": true } }\n');
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return { name, folder, file: join(folder, 'service.ts') };
}
