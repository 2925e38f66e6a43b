/** The native builder: makes OCI images by itself, from files and layers, with nothing run inside. */
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../errors.ts';
import { digestOf, mediaTypes, type Platform } from '../../registry/manifest.ts';
import { baseOf } from '../../spec/image-info.ts';
import type { ArchiveSource } from '../../store/archive/archive-source.ts';
import { bentoKind } from '../../store/bento-record.ts';
import { readRecord } from '../../store/store.ts';
import { explained } from '../../store/store-error.ts';
import { walkTree } from '../../store/tree.ts';
import type { Builder, BuiltImage, ImageRequest } from '../builder.ts';
import { type Context, planContext } from '../context.ts';
import { contextLayout } from '../dockerfile.ts';
import { imageLayout, imageUser } from '../image-layout.ts';
import { findOwnFolders, readManifest } from '../own-files.ts';
import { type AssembledImage, assemble, entriesOf, runtimeEntries } from './assemble.ts';
import { findBase } from './base-image.ts';
import { inspectBase } from './inspect-base.ts';
import { type KeptLayer, keepLayer } from './kept-layers.ts';
import {
  hasPackages,
  type InstallTarget,
  installPackages,
  type LockedPackage,
  listInstalled,
  packagesKey,
} from './npm-packages.ts';
import { ownPlatform, parsePlatform, printPlatform } from './platform.ts';
import { pushImages } from './push-image.ts';
import { printSbom, sbomType } from './sbom.ts';
import { assertFree, type ImageBlob, type ImageSet, writeImages } from './write-image.ts';
import { type Layer, writeLayer } from './write-layer.ts';

/** What `--opt` may say to it. */
const ownOptions = ['base', 'output'] as const;

/** @param others why no other builder can be taken; empty where it was asked for. */
export function createNativeBuilder(others: readonly string[]): Builder {
  return {
    name: 'native',
    findProblem: async () => undefined,
    build: (request) => explained(`make an OCI image of ${request.source.tag}`, () => build(request, others)),
  };
}

async function build(request: ImageRequest, others: readonly string[]): Promise<BuiltImage> {
  const { source, references, isPushed, scratch, signal } = request;
  const { base, output } = readOptions(request);
  const place = output ?? (isPushed ? undefined : `${source.tag.replace(':', '-')}.tar`);
  if (place !== undefined) assertFree(place, source.tag); // before anything is made in vain
  const context = await planContext(source, request.warn);
  refuseWhatRuns(request, context, others);
  const platforms = request.platforms.length === 0 ? [ownPlatform()] : request.platforms.map(parsePlatform);
  const shared = await writeShared(request, context);
  const images: MadeImage[] = [];
  for (const [number, platform] of platforms.entries()) {
    const folder = join(scratch, `platform-${number}`);
    await mkdir(folder);
    images.push(await makeImage({ request, context, platform, base, shared, folder }));
  }
  const set = toSet(request, images);
  const say = (line: string) => request.onOutput?.(`${line}\n`);
  if (isPushed) {
    for (const reference of references) {
      const { sentBytes } = await pushImages(set, reference, { signal, onProgress() {} });
      say(`pushed ${reference}: ${sentBytes} bytes sent`);
    }
  }
  const { digest } = set.top.descriptor;
  if (place === undefined) return { references, digest };
  const at = { references, scratch: join(scratch, 'layout'), bento: source.tag, signal };
  return { references, digest, place: await writeImages(set, place, at) };
}

function readOptions({ options, source }: ImageRequest): {
  readonly base: string;
  readonly output: string | undefined;
} {
  for (const [name, values] of options) {
    const known: readonly string[] = ownOptions;
    if (known.includes(name) && values.length === 1) continue;
    const wanted = `one of ${ownOptions.join(', ')}, once and with a value: the native builder knows no others`;
    throw new ServiceError('OPTION_INVALID', {
      where: 'the native builder',
      name: '--opt',
      seen: JSON.stringify(name),
      wanted,
    });
  }
  return {
    base: options.get('base')?.[0] ?? baseOf(source.image, source.nodeMajor).reference,
    output: options.get('output')?.[0],
  };
}

/** Nothing is run inside: who needs that needs another builder. */
function refuseWhatRuns({ source }: ImageRequest, { python }: Context, others: readonly string[]): void {
  const { image, nodeMajor, tag } = source;
  const running = image.steps.filter(({ kind }) => kind !== 'install').map(({ kind }) => kind);
  const what = [
    ...new Set(running),
    ...(python.length > 0 ? ['packages of Python'] : []),
    ...(baseOf(image, nodeMajor).hasNode ? [] : ['a base without Node']),
  ];
  if (what.length === 0) return;
  const remedy =
    others.length === 0 ? 'name another one, such as --backend docker' : `no other one can build: ${others.join('; ')}`;
  const problem = `its image has ${what.join(' and ')}, for which something must run inside, and the native builder runs nothing; ${remedy}`;
  throw new ServiceError('IMAGE_FAILED', { bento: tag, problem });
}

/** The layers that are the same for all platforms. */
interface SharedLayers {
  readonly own: readonly ArchiveSource[];
  readonly models: readonly Layer[];
  readonly code: Layer;
  readonly ownPackages: readonly LockedPackage[];
  /** ISO 8601. */
  readonly createdAt: string;
}

const bentoAt = imageLayout.bento.slice(1);

async function writeShared({ source, scratch, signal }: ImageRequest, context: Context): Promise<SharedLayers> {
  const place = { at: bentoAt, owner: imageUser.id };
  const own = await entriesOf(context, contextLayout.bentots, { at: imageLayout.bentots.slice(1), owner: 0 });
  const models: Layer[] = [];
  for (const [number, model] of source.models.entries()) {
    const entries = await entriesOf(context, `${contextLayout.models}/${number}`, place);
    const file = join(scratch, `model-${number}`);
    models.push(await writeLayer(entries, file, { title: `model ${model}`, isPacked: false, signal })); // weights hardly shrink
  }
  const entries = await entriesOf(context, contextLayout.code, place);
  const code = await writeLayer(entries, join(scratch, 'code'), { title: 'code', isPacked: true, signal });
  const { creationTime } = await readRecord(bentoKind, source.folder);
  return { own, models, code, ownPackages: listOwn(source.bentots, source.tag), createdAt: creationTime.toISOString() };
}

function listOwn(bentots: string, bento: string): readonly LockedPackage[] {
  const folders = findOwnFolders(bentots, bento).filter(({ to }) => to.includes('node_modules/'));
  return [bentots, ...folders.map(({ from }) => from)].map((folder) => {
    const { name = '', version = '' } = readManifest(folder);
    return { name, version, integrity: undefined };
  });
}

interface MadeImage {
  readonly image: AssembledImage;
  readonly sbom: Buffer;
}

interface Making {
  readonly request: ImageRequest;
  readonly context: Context;
  readonly platform: Platform;
  readonly base: string;
  readonly shared: SharedLayers;
  /** Of this platform alone. */
  readonly folder: string;
}

async function makeImage({ request, context, platform, base: reference, shared, folder }: Making): Promise<MadeImage> {
  const { source, signal } = request;
  const refuse = (problem: string) => new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
  const scratch = join(folder, 'base');
  await mkdir(scratch);
  const base = await findBase({ base: reference, platform, scratch, signal, onProgress() {} }, refuse);
  const content = await inspectBase(base);
  if (!content.hasNode) throw refuse(`its base ${reference} has no Node; take one that brings it, or name none`);
  const runtime = writeRuntime([...runtimeEntries(content), ...shared.own], join(folder, 'runtime'), signal);
  runtime.catch(() => {}); // it is awaited below, perhaps too late for Node
  const target = { platform, libc: content.libc };
  const packages = hasPackages(context) ? await writePackages(request, context, target, folder) : undefined;
  const layers = [await runtime, ...(packages ? [packages.layer] : []), ...shared.models, shared.code];
  const image = assemble(source, base, layers, { platform, createdAt: shared.createdAt });
  const sbom = printSbom({
    tag: source.tag,
    base: { reference, digest: base.digest },
    packages: unique([...shared.ownPackages, ...(packages?.note ?? [])]),
    models: source.models.map((path) => path.split('/').slice(-2).join(':')),
  });
  return { image, sbom };
}

const unique = (packages: readonly LockedPackage[]) => [
  ...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values(),
];

/** It is the same for all bentos, as long as no file of bentots changes. */
async function writeRuntime(entries: readonly ArchiveSource[], file: string, signal: AbortSignal): Promise<Layer> {
  const said = await Promise.all(
    entries.map(async (entry) => {
      if (entry.kind !== 'file') return entry;
      const { mtimeMs, ctimeMs, ino } = await stat(entry.file);
      return { ...entry, mtimeMs, ctimeMs, ino };
    }),
  );
  const key = createHash('sha256')
    .update(JSON.stringify([said, process.version]))
    .digest('hex');
  const { layer } = await keepLayer(key, file, async () => {
    return { layer: await writeLayer(entries, file, { title: 'bentots', isPacked: true, signal }), note: null };
  });
  return layer;
}

async function writePackages(
  request: ImageRequest,
  context: Context,
  target: InstallTarget,
  folder: string,
): Promise<KeptLayer<readonly LockedPackage[]>> {
  const { signal, onOutput } = request;
  const file = join(folder, 'packages');
  return keepLayer(packagesKey(context, target), file, async () => {
    const into = join(folder, 'install');
    await mkdir(into);
    onOutput?.(`installing packages for ${printPlatform(target.platform)}\n`);
    await installPackages(context, target, request, into);
    const entries: ArchiveSource[] = [];
    for await (const entry of walkTree(into)) {
      const isOurs = !/(?:^|\/)node_modules(?:\/|$)/.test(entry.path);
      entries.push({ ...entry, path: `${bentoAt}/${entry.path}`, owner: isOurs ? imageUser.id : 0 });
    }
    const layer = await writeLayer(entries, file, { title: 'packages', isPacked: true, signal });
    return { layer, note: await listInstalled(into) };
  });
}

function toSet({ source }: ImageRequest, made: readonly MadeImage[]): ImageSet {
  const images = made.map(({ image }) => image);
  const [first] = images;
  if (!first) throw new Error('no platform was asked for');
  const attached = made.map(({ image, sbom }) => attach(image, sbom));
  if (images.length === 1) return { images, top: first.manifest, attached };
  const manifests = images.map(({ manifest, platform }) => ({ ...manifest.descriptor, platform }));
  const annotations = { 'org.opencontainers.image.title': source.tag };
  const mediaType = mediaTypes.manifests.index;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests, annotations }));
  return { images, top: { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }, attached };
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md#guidelines-for-artifact-usage */
function attach(image: AssembledImage, sbom: Buffer): ImageSet['attached'][number] {
  const subject = image.manifest.descriptor;
  const config = toBlob(Buffer.from('{}'), mediaTypes.empty);
  const list = toBlob(sbom, sbomType);
  const manifest = toBlob(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifests.manifest,
        artifactType: sbomType,
        config: config.descriptor,
        layers: [{ ...list.descriptor, annotations: { 'org.opencontainers.image.title': 'sbom.cdx.json' } }],
        subject,
      }),
    ),
    mediaTypes.manifests.manifest,
  );
  const described = { ...manifest, descriptor: { ...manifest.descriptor, artifactType: sbomType } };
  return { subject, manifest: described, blobs: [config, list] };
}

function toBlob(bytes: Buffer, mediaType: string): ImageBlob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, content: { bytes } };
}
