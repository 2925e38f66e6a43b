/** Keeps the pages true: their code compiles, their links lead somewhere, their tables are those of the program. */
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { argumentOptions, containerizeOptions, imageOptions } from '../src/config/build-options.ts';
import type { Option } from '../src/config/option.ts';
import { apiOptions, serverOptions, serviceOptions } from '../src/config/options.ts';
import { isOption, type Rows } from '../src/config/resolve.ts';
import { homeOptions, hubOptions, objectStoreOptions, registryOptions } from '../src/config/store-options.ts';
import { errorTable } from '../src/errors.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const pagePatterns = ['*.md', 'docs/**/*.md', 'examples/*/README.md'];
const pages = globSync(pagePatterns, { cwd: root })
  .map((page) => page.replaceAll('\\', '/'))
  .sort();
const architecture = pages.filter((page) => page.startsWith('docs/architecture/'));
const decisions = pages.filter((page) => page.startsWith('docs/decisions/'));
const read = (page: string) => readFileSync(join(root, page), 'utf8');

interface Block {
  readonly page: string;
  /** Line of the page on which the code begins, counted from 1. */
  readonly line: number;
  /** What follows the three backticks. */
  readonly info: string;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [at, line] of read(page).split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (open && fence) {
      blocks.push({ page, line: open.line, info: open.info, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (fence) open = { info: fence[1]?.trim() ?? '', line: at + 2, lines: [] };
  }
  assert.equal(open, undefined, `${page}:${open?.line} opens a code block that never ends`);
  return blocks;
}

/** The name that a block gives itself in its first line: `// service.ts`. */
const nameOf = ({ code }: Block) => /^\/\/ ([\w-]+\.ts)\n/.exec(code)?.[1];

/**
 * Writes the blocks of a page: they share a folder, so that one can import another by its name. A name that comes
 * again opens a new folder.
 */
function writeBlocks(blocks: readonly Block[], parent: string): Map<string, Block> {
  const written = new Map<string, Block>();
  let folder = '';
  for (const block of blocks) {
    const name = nameOf(block) ?? `line-${block.line}.ts`;
    if (folder === '' || written.has(join(folder, name))) {
      folder = join(parent, `${block.page.replace(/\W+/g, '-')}-${block.line}`);
      mkdirSync(folder);
    }
    writeFileSync(join(folder, name), `${block.code}export {};\n`); // without it, two blocks would share their names
    written.set(join(folder, name), block);
  }
  return written;
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  // What an author may write, and Node alone could not run.
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, root).options, erasableSyntaxOnly: false };
}

function complaintsAbout(files: ReadonlyMap<string, Block>): string[] {
  const program = ts.createProgram([...files.keys()], compilerOptions());
  return [...files].flatMap(([file, { page, line }]) => {
    const source = program.getSourceFile(file);
    assert.ok(source, file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => {
      const at = source.getLineAndCharacterOfPosition(found.start ?? 0).line;
      return `${page}:${line + at}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`;
    });
  });
}

test('every block of TypeScript compiles', () => {
  const blocks = pages.flatMap(blocksOf).filter(({ info }) => info === 'ts');
  assert.ok(blocks.length > 10, `only ${blocks.length} blocks were found`);
  const temporary = join(root, 'test/.tmp');
  mkdirSync(temporary, { recursive: true });
  const folder = mkdtempSync(join(temporary, 'docs-'));
  try {
    const files = pages.map((page) =>
      writeBlocks(
        blocks.filter((block) => block.page === page),
        folder,
      ),
    );
    assert.deepEqual(complaintsAbout(new Map(files.flatMap((written) => [...written]))), []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a block that is not checked says why', () => {
  const wrong = pages.flatMap(blocksOf).flatMap(({ page, line, info }) => {
    if (info === 'ts' || !/^(?:ts|typescript)\b/.test(info) || /^ts no-check: \S/.test(info)) return [];
    return [`${page}:${line}: a block begins with \`\`\`${info}; write ts, or ts no-check: and the reason`];
  });
  assert.deepEqual(wrong, []);
});

test('the service in the README is the one in examples/hello', () => {
  const [block] = blocksOf('README.md').filter((one) => nameOf(one) === 'service.ts');
  assert.equal(block?.code.replace('// service.ts\n', ''), read('examples/hello/service.ts'));
});

/** A page without its code blocks, so that line numbers stay, and without code between single backticks. */
function proseOf(page: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, '');
  return read(page)
    .replace(/^```[\s\S]*?^```/gm, blank)
    .replace(/`[^`\n]+`/g, 'code');
}

/** Anchors as GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of read(page)
    .replace(/^```[\s\S]*?^```/gm, '')
    .matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = plain.trim().replaceAll(' ', '-');
    let count = 0;
    while (anchors.has(count === 0 ? anchor : `${anchor}-${count}`)) count++;
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

test('every link inside leads to a file, and to a heading in it', () => {
  const wrong = pages.flatMap((page) =>
    proseOf(page)
      .split('\n')
      .flatMap((line, at) =>
        [...line.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
          if (/^[a-z]+:/.test(target)) return [];
          const [path = '', anchor] = target.split('#');
          const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
          if (!existsSync(file)) return [`${page}:${at + 1}: there is no ${target}`];
          const to = file.slice(root.length);
          if (anchor === undefined || anchorsOf(to).has(anchor)) return [];
          return [`${page}:${at + 1}: ${to} has no heading #${anchor}`];
        }),
      ),
  );
  assert.deepEqual(wrong, []);
});

test('every page of docs can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (page: string) => {
    if (reached.has(page) || !pages.includes(page)) return;
    reached.add(page);
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s#]+)/g)) {
      const path = resolve(root, dirname(page), target).slice(root.length);
      visit(path);
      if (path === 'docs/decisions') for (const note of decisions) visit(note);
    }
  };
  visit('README.md');
  const lost = pages.filter((page) => page.startsWith('docs/') && !reached.has(page));
  assert.deepEqual(lost, []);
});

test('a source file that a page on architecture names is there', () => {
  const wrong = architecture.flatMap((page) =>
    [...read(page).matchAll(/(?<![\w/.-])(?:[\w-]+\/)+[\w.-]+\.ts\b/g)].flatMap(([path]) =>
      [root, join(root, 'src')].some((base) => existsSync(join(base, path))) ? [] : [`${page}: there is no ${path}`],
    ),
  );
  assert.deepEqual(wrong, []);
});

test('an error code that a page on architecture names is in the table', () => {
  const wrong = architecture.flatMap((page) =>
    [...read(page).matchAll(/\b[A-Z]{3,}_[A-Z_]+\b/g)].flatMap(([code]) =>
      Object.hasOwn(errorTable, code) ? [] : [`${page}: there is no ${code}`],
    ),
  );
  assert.deepEqual(wrong, []);
});

test('the levels on the page about boundaries are those that the test of boundaries holds', () => {
  const [, held = ''] = /const levels[^{]*\{([^}]*)\}/.exec(read('test/boundaries.test.ts')) ?? [];
  const levels = [...held.matchAll(/(\w+): (\d+)/g)].map(([, folder = '', level = '']) => ({ folder, level }));
  const present = levels.filter(({ folder }) => ['', '.ts'].some((end) => existsSync(join(root, 'src', folder + end))));
  const said = blocksOf('docs/architecture/boundaries.md').flatMap(({ code }) =>
    [...code.matchAll(/^(\d) {2,}(.+)$/gm)].flatMap(([, level = '', folders = '']) =>
      folders.split(/ +/).map((folder) => ({ folder, level })),
    ),
  );
  const inOrder = (list: typeof levels) => list.map(({ folder, level }) => `${level} ${folder}`).sort();
  assert.ok(present.length > 8);
  assert.deepEqual(inOrder(said), inOrder(present));
});

test('decision notes have a number of four digits each, and no two the same', () => {
  const numbers = decisions.map((page) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(basename(page))?.[1]);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].filter((number) => number !== undefined),
  );
});

test('a decision note has at most 40 lines and says what we faced, chose, gave up, and what would change our mind', () => {
  const parts = ['We faced', 'We chose', 'We gave up', 'We would change our mind if'];
  const wrong = decisions.flatMap((page) => {
    const lines = read(page).trimEnd().split('\n');
    const headings = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
    return [
      ...(lines.length > 40 ? [`${page} has ${lines.length} lines`] : []),
      ...(lines[0]?.startsWith(`# ${basename(page).slice(0, 4)}. `) ? [] : [`${page} does not begin with its number`]),
      ...(headings.join() === parts.join() ? [] : [`${page} has the parts ${headings.join(', ')}`]),
    ];
  });
  assert.deepEqual(wrong, []);
});

const note =
  '<!-- Generated from src by `UPDATE_DOCS=1` and test/docs.test.ts; edit the table there, not this page. -->';
const cell = (text: string) => text.replaceAll('|', '\\|');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function flatten(rows: Rows, prefix = ''): [name: string, option: Option<unknown>][] {
  return Object.entries(rows).flatMap(([name, entry]) =>
    isOption(entry) ? [[prefix + name, entry] as [string, Option<unknown>]] : flatten(entry, `${prefix}${name}.`),
  );
}

/** A default, with its unit where the name has one. */
function printDefault(name: string, value: unknown): string {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (value === undefined || isEmpty) return 'none';
  const text = `\`${typeof value === 'string' ? `'${value}'` : value}\``;
  if (typeof value !== 'number' || value === 0) return text;
  if (name.endsWith('Ms')) return `${text} (${value / 1000} s)`;
  if (name.endsWith('Bytes'))
    return `${text} (${value >= 1024 ** 2 ? `${value / 1024 ** 2} MiB` : `${value / 1024} KiB`})`;
  return text;
}

function optionRows(rows: Rows): string[][] {
  return flatten(rows).map(([name, row]) => [
    `\`${name}\``,
    row.doc,
    printDefault(name, row.default),
    row.wanted.replace(/^a whole number of (?:milliseconds|bytes), /, ''),
  ]);
}

const heads = ['option', 'what it says', 'default', 'must be'];

const environmentTable = (rows: Rows) =>
  table(
    [...heads, 'environment'],
    optionRows(rows).map((cells, at) => {
      const { env = '', envBeside = {} } = flatten(rows)[at]?.[1] ?? {};
      return [...cells, [env, ...Object.keys(envBeside)].map((name) => `\`${name}\``).join(', ')];
    }),
  );

function optionsPage(): string {
  const ways = flatten(serverOptions).map(([name, row]) => [
    `\`${name}\``,
    row.flag === undefined ? '' : `\`${row.flag}\``,
    row.env === undefined ? '' : [row.env, ...Object.keys(row.envBeside ?? {})].map((one) => `\`${one}\``).join(', '),
  ]);
  return `# Options

${note}

Names that end in \`Ms\` are whole numbers of milliseconds, those that end in \`Bytes\` whole numbers of bytes. An option
that does not exist, or has a value that is not allowed, is an error that names it; nothing is served then.

## Of a service

Given to \`@service({ … })\`.

${table(heads, optionRows(serviceOptions))}

## Of a method

Given to \`@api({ … })\`.

${table(heads, optionRows(apiOptions))}

## Of an argument

Given to \`useArguments({ name: { … } })\`.

${table(heads, optionRows(argumentOptions))}

## Of the description of an OCI image

Given to \`new Image({ … })\`.

${table(heads, optionRows(imageOptions))}

## Of making OCI images

Given to \`build(bento, { … })\` of \`bentots/container\`, or to \`bento containerize\` as flags.

${table(
  [...heads, 'flag', 'environment'],
  optionRows(containerizeOptions).map((cells, at) => {
    const { flag = '', env = '' } = flatten(containerizeOptions)[at]?.[1] ?? {};
    return [...cells, ...[flag, env].map((word) => (word === '' ? '' : `\`${word}\``))];
  }),
)}

## Of the server

Given to \`serve(target, { … })\`; some are also flags of \`bento serve\` and environment variables.

${table(heads, optionRows(serverOptions))}

A flag wins over the environment, and the environment over the default.

${table(
  ['option', 'flag', 'environment'],
  ways.filter(([, flag, env]) => flag !== '' || env !== ''),
)}

## Of the stores

${environmentTable(homeOptions)}

## Of object stores

For \`s3://\` addresses; credentials and profiles are those of the AWS SDK.

${environmentTable(objectStoreOptions)}

## Of the hub

What \`huggingFace(…)\` asks, and where it keeps what it got.

${environmentTable(hubOptions)}

## Of registries

What OCI images, bentos and models are pushed to and pulled from.

${environmentTable(registryOptions)}
`;
}

const printMessage = (message: string) => (/^\{\w+\}$/.test(message) ? 'says what is wrong' : message);

type Row = readonly [code: string, row: (typeof errorTable)[keyof typeof errorTable]];

function errorsPage(): string {
  const all: readonly Row[] = Object.entries(errorTable);
  const isStart = ([, row]: Row) => row.grpc === 'FAILED_PRECONDITION';
  const answered = all.filter((row) => !isStart(row) && row[0] !== 'API_ERROR'); // that one has its own paragraph
  const rows = (some: readonly Row[]) =>
    table(
      ['code', 'status', 'retry', 'message'],
      some.map(([code, { http, retry, message }]) => [
        `\`${code}\``,
        String(http),
        retry ? 'yes' : 'no',
        printMessage(message),
      ]),
    );
  const between = (low: number, high: number) => answered.filter(([, { http }]) => http >= low && http < high);
  return `# Errors

${note}

Every error answer is one JSON object:

\`\`\`json
{
  "error": "invalid input: texts[0] must be string, but is 1",
  "code": "INVALID_INPUT",
  "detail": [{ "loc": ["texts", 0], "msg": "must be string, but is 1", "type": "type" }]
}
\`\`\`

\`detail\` lists what is wrong with single values, at most 100; for most errors it is empty. Codes are part of the public
interface: compare with them, not with the sentences. Words in braces are filled in. *Retry* says whether the same
request may succeed later. An answer with status 503 and such a code has the header \`Retry-After\`.

An error that the author of a service raises with \`ApiError\` has the status, the message and the code that the author
gave it; without a code of its own it is \`API_ERROR\`.

## The request is wrong

${rows(between(400, 500))}

## Too much, too late, or not now

${rows(between(503, 600))}

## Between a client and its server

No server answered, or not to the end: the typed client raises these, and a server that calls another one answers them.

${rows(between(502, 503))}

## The method or the server failed

What happened is in the log of the server, under the id that the caller finds in \`x-bentoml-request-id\`.

${rows(between(500, 501))}

## Nothing is served

These are told to whoever starts the server, runs a command or uses the stores; no caller sees them.

${table(
  ['code', 'message'],
  all
    .filter(isStart)
    .map(([code, { message }]) => [`\`${code}\``, message === '{problem}' ? 'says what is wrong' : message]),
)}
`;
}

for (const [page, content] of [
  ['docs/reference/options.md', optionsPage()],
  ['docs/reference/errors.md', errorsPage()],
] as const) {
  test(`${page} says what the table says; to write it again run this test with UPDATE_DOCS=1`, () => {
    if (process.env.UPDATE_DOCS === '1') {
      mkdirSync(join(root, dirname(page)), { recursive: true });
      writeFileSync(join(root, page), content);
    }
    assert.equal(read(page), content);
  });
}
