/** How long an OCI image takes that no builder makes, and what a change of the code sends. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { health } from '../src/oci/index.ts';
import { putBase } from '../test/registry/base-image.ts';
import { startRegistry, type TestRegistry } from '../test/registry/registry.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

export const question =
  'How long does an OCI image of a service of 50 MB take without a builder, and what does a change of the code send?';

const root = resolve(import.meta.dirname, '..');
const sizeMiB = 50;
const files = 200;

interface Sample {
  readonly firstMs: number;
  readonly keptMs: number;
  readonly pushMs: number;
  readonly codeMs: number;
  readonly codeBytes: number;
  /** The same by docker, where there is one: with nothing kept but the base, and after a change of the code. */
  readonly docker: { readonly firstMs: number; readonly codeMs: number } | undefined;
}

// A base with Node, npm and a shell, which docker can pull; without it docker is not measured.
const runnable = process.env.BENCH_IMAGE_BASE;

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const rounds = isQuick ? 1 : 5;
  const place = mkdtempSync(join(tmpdir(), 'bentots-images-'));
  const tarball = await createPackage();
  const server = createServer((_request, response) => void response.end(tarball)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using registry = await startRegistry();
    const base = runnable ?? (await putBase(registry));
    const { isHealthy: hasDocker } = await health('docker');
    writeProject(place, `http://127.0.0.1:${(server.address() as AddressInfo).port}/dep-1.0.0.tgz`, tarball);
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round++)
      samples.push(await measure(place, { registry, base, round, hasDocker: hasDocker && runnable !== undefined }));
    const of = (name: Exclude<keyof Sample, 'docker'>) => toSpread(samples.map((sample) => sample[name]));
    const spreads = {
      first: of('firstMs'),
      kept: of('keptMs'),
      push: of('pushMs'),
      code: of('codeMs'),
      bytes: of('codeBytes'),
    };
    const docker = samples.flatMap((sample) => sample.docker ?? []);
    return { text: toText(spreads, docker, rounds), data: { sizeMiB, rounds, samples } };
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(place, { recursive: true, force: true });
  }
}

/** Texts that shrink to a half, as the code of packages does. */
async function createPackage(): Promise<Buffer> {
  const packer = pack();
  packer.entry({ name: 'package/package.json' }, '{"name":"dep","version":"1.0.0"}');
  const characters = (sizeMiB * 1024 * 1024) / files;
  for (let index = 0; index < files; index++) {
    packer.entry({ name: `package/${index}.js` }, randomBytes(characters / 2).toString('hex'));
  }
  packer.finalize();
  return gzipSync(Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>)), { level: 1 });
}

function writeProject(place: string, url: string, tarball: Buffer): void {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const own = { name: 'project', version: '1.0.0', dependencies: { dep: '1.0.0' } };
  const packages = { '': own, 'node_modules/dep': { version: '1.0.0', resolved: url, integrity } };
  mkdirSync(join(place, 'project/node_modules'), { recursive: true });
  symlinkSync(root, join(place, 'project/node_modules/bentots'), 'junction');
  writeFileSync(join(place, 'project/package.json'), JSON.stringify({ ...own, type: 'module' }));
  const lock = { ...own, lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(place, 'project/package-lock.json'), JSON.stringify(lock));
}

async function measure(
  place: string,
  {
    registry,
    base,
    round,
    hasDocker,
  }: { readonly registry: TestRegistry; readonly base: string; readonly round: number; readonly hasDocker: boolean },
): Promise<Sample> {
  const bento = (...words: readonly string[]) => runBento(words, place);
  const build = async (version: string) => {
    writeService(place, version, base);
    await bento('build', '--version', version);
  };
  const words = ['--backend', 'native', '--base', base];
  await build(`v${round}`);
  await bento('containerize', `hello:v${round}`, ...words, '-o', join(place, `base-${round}.tar`)); // fetches the base
  rmSync(join(place, 'home/oci/layers'), { recursive: true });
  const firstMs = await bento('containerize', `hello:v${round}`, ...words, '-o', join(place, `first-${round}.tar`));
  const keptMs = await bento('containerize', `hello:v${round}`, ...words, '-o', join(place, `kept-${round}.tar`));
  const pushed = [...words, '-t', `${registry.host}/bench/hello-${round}:v`, '--push'];
  const pushMs = await bento('containerize', `hello:v${round}`, ...pushed);
  // The package lies on this machine, which the network of a container does not reach.
  const byDocker = ['--backend', 'docker', '--opt', 'network=host', '--progress', 'quiet'];
  const dockerMs = hasDocker ? await bento('containerize', `hello:v${round}`, ...byDocker, '--opt', 'no-cache') : 0;
  await build(`w${round}`);
  registry.takeBytes();
  const codeMs = await bento('containerize', `hello:w${round}`, ...pushed);
  const codeBytes = registry.takeBytes();
  const dockerCodeMs = hasDocker ? await bento('containerize', `hello:w${round}`, ...byDocker) : 0;
  const docker = hasDocker ? { firstMs: dockerMs, codeMs: dockerCodeMs } : undefined;
  return { firstMs, keptMs, pushMs, codeMs, codeBytes, docker };
}

function writeService(place: string, text: string, base: string): void {
  writeFileSync(
    join(place, 'project/service.js'),
    `import { defineService, Image } from 'bentots';
export const Hello = defineService(class Hello { hello() { return ${JSON.stringify(text)}; } }, {
  image: new Image({ base: ${JSON.stringify(base)} }),
  apis: { hello: { params: {}, output: { type: 'string' } } },
});
`,
  );
}

/** @returns how long it took, with the start of Node. */
async function runBento(words: readonly string[], place: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [join(root, 'bin/bento.js'), ...words], {
    cwd: join(place, 'project'),
    env: { ...process.env, BENTOML_HOME: join(place, 'home'), DOCKER_CONFIG: join(place, 'none') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(said);
  return performance.now() - startedMs;
}

function toText(
  spreads: Readonly<Record<'first' | 'kept' | 'push' | 'code' | 'bytes', Spread>>,
  docker: readonly NonNullable<Sample['docker']>[],
  rounds: number,
): string {
  const seconds = ({ median, lower, upper }: Spread) =>
    formatSpread({ median: median / 1000, lower: lower / 1000, upper: upper / 1000 }, 2);
  const { median } = spreads.bytes;
  const row = (what: string, name: 'firstMs' | 'codeMs') =>
    `| ${what} | ${seconds(toSpread(docker.map((sample) => sample[name])))} |\n`;
  const dockerRows =
    docker.length === 0
      ? []
      : [
          row('by docker, with nothing kept but the base', 'firstMs'),
          row('by docker after a change of the code', 'codeMs'),
        ];
  return `A service with one package of ${sizeMiB} MiB in ${files} files, from a registry on this machine; \`bento containerize
--backend native\` as a process of its own, the base fetched before. ${rounds} rounds; medians with quartiles.

| what | s |
| --- | --- |
| an archive, with nothing kept but the base | ${seconds(spreads.first)} |
| an archive, with the layers of bentots and of the packages kept | ${seconds(spreads.kept)} |
| pushed to a registry that has only the base | ${seconds(spreads.push)} |
| pushed after a change of the code | ${seconds(spreads.code)} |
${dockerRows.join('')}
A change of the code sends ${(median / 1024).toFixed(1)} KiB.
`;
}
