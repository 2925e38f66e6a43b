/** The native builder: makes OCI images by itself, from files and layers, with nothing run inside. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../errors.ts';
import { printSize } from '../../observe/print-size.ts';
import { inLanes } from '../../outbound/in-lanes.ts';
import type { TransferSum } from '../../outbound/sum-transfers.ts';
import { digestOf, mediaTypes, type Platform } from '../../registry/manifest.ts';
import { baseOf } from '../../spec/image-info.ts';
import type { ArchiveSource } from '../../store/archive/archive-source.ts';
import { bentoKind } from '../../store/bento-record.ts';
import { inTurns } from '../../store/in-turns.ts';
import { readRecord } from '../../store/store.ts';
import { explained } from '../../store/store-error.ts';
import { walkTree } from '../../store/tree.ts';
import type { Builder, BuiltImage, ImageRequest } from '../builder.ts';
import { type Context, planContext } from '../context.ts';
import { contextLayout } from '../dockerfile.ts';
import { imageLayout, imageUser } from '../image-layout.ts';
import { findOwnFolders, readManifest } from '../own-files.ts';
import { type AssembledImage, assemble, entriesOf, runtimeEntries } from './assemble.ts';
import { type BaseImage, findBase } from './base-image.ts';
import { inspectBase } from './inspect-base.ts';
import { type FoundLayer, type KeptLayer, keepLayer } from './kept-layers.ts';
import { listModels } from './list-models.ts';
import { isNote } from './managers.ts';
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
import { describeLayer, say, startClock, toProgress } from './say.ts';
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
  if (isPushed) {
    for (const reference of references) await push(set, reference, request);
  }
  const { digest } = set.top.descriptor;
  if (place === undefined) return { references, digest };
  const took = startClock();
  const at = { references, scratch: join(scratch, 'layout'), bento: source.tag, signal };
  const written = await writeImages(set, place, at);
  say(request, `wrote ${place} ${took()}`);
  return { references, digest, place: written };
}

async function push(set: ImageSet, reference: string, request: ImageRequest): Promise<void> {
  const took = startClock();
  say(request, `pushing to ${reference}`);
  const onProgress = (sum: TransferSum) => request.onProgress(toProgress(reference, sum));
  const { sent, all, sentBytes } = await pushImages(set, reference, { signal: request.signal, onProgress });
  say(request, `pushed ${reference}: ${sent} of ${all} parts sent, ${printSize(sentBytes)}, ${took()}`);
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

async function writeShared(request: ImageRequest, context: Context): Promise<SharedLayers> {
  const { source, scratch, signal } = request;
  const place = { at: bentoAt, owner: imageUser.id };
  const own = await entriesOf(context, contextLayout.bentots, { at: imageLayout.bentots.slice(1), owner: 0 });
  const models: Layer[] = [];
  for (const [number, model] of source.models.entries()) {
    const entries = await entriesOf(context, `${contextLayout.models}/${number}`, place);
    const file = join(scratch, `model-${number}`);
    models.push(await write(request, entries, file, { title: `model ${model}`, isPacked: false, signal })); // weights hardly shrink
  }
  const entries = await entriesOf(context, contextLayout.code, place);
  const code = await write(request, entries, join(scratch, 'code'), { title: 'code', isPacked: true, signal });
  const { creationTime } = await readRecord(bentoKind, source.folder);
  return { own, models, code, ownPackages: listOwn(source.bentots, source.tag), createdAt: creationTime.toISOString() };
}

/** Writes a layer of this bento alone, and says so. */
async function write(request: ImageRequest, ...words: Parameters<typeof writeLayer>): Promise<Layer> {
  const took = startClock();
  const layer = await writeLayer(...words);
  say(request, describeLayer({ layer, isKept: false }, took()));
  return layer;
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
  const { source } = request;
  const refuse = (problem: string) => new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
  const base = await fetchBase(reference, { request, platform, scratch: join(folder, 'base') }, refuse);
  const content = await inspectBase(base, (problem) => refuse(`its base ${reference} ${problem}`));
  if (!content.hasNode) throw refuse(`its base ${reference} has no Node; take one that brings it, or name none`);
  const failed = new AbortController(); // the first failure ends the other one
  const signal = AbortSignal.any([request.signal, failed.signal]);
  const inner = { ...request, signal };
  let runtime: Layer | undefined;
  let packages: KeptLayer<readonly LockedPackage[]> | undefined;
  const jobs = [
    async () => {
      runtime = await writeRuntime(inner, [...runtimeEntries(content), ...shared.own], join(folder, 'runtime'));
    },
    async () => {
      const target = { platform, libc: content.libc };
      if (hasPackages(context)) packages = await writePackages(inner, context, target, folder);
    },
  ];
  await inLanes(jobs, jobs.length, failed, (job) => job()).finally(() => request.signal.throwIfAborted());
  const layers = [runtime, packages?.layer, ...shared.models, shared.code].filter((layer) => layer !== undefined);
  const image = assemble(source, base, layers, { platform, createdAt: shared.createdAt });
  const sbom = printSbom({
    tag: source.tag,
    base: { reference, digest: base.digest },
    packages: unique([...shared.ownPackages, ...(packages?.note ?? [])]),
    models: await listModels(source),
  });
  return { image, sbom };
}

async function fetchBase(
  reference: string,
  {
    request,
    platform,
    scratch,
  }: { readonly request: ImageRequest; readonly platform: Platform; readonly scratch: string },
  refuse: (problem: string) => Error,
): Promise<BaseImage> {
  const took = startClock();
  let fetched: TransferSum | undefined;
  const onProgress = (sum: TransferSum) => {
    fetched = sum;
    request.onProgress(toProgress(reference, sum));
  };
  await mkdir(scratch);
  say(request, `looking for the base ${reference} for ${printPlatform(platform)}`);
  const base = await findBase({ base: reference, platform, scratch, signal: request.signal, onProgress }, refuse);
  const what =
    fetched === undefined ? 'was here' : `fetched, ${fetched.all} parts, ${printSize(fetched.totalBytes)}, ${took()}`;
  say(request, `base ${reference}: ${what}`);
  return base;
}

const unique = (packages: readonly LockedPackage[]) => [
  ...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values(),
];

/** It is the same for all bentos, as long as no file of bentots changes. */
async function writeRuntime(request: ImageRequest, entries: readonly ArchiveSource[], file: string): Promise<Layer> {
  const { signal } = request;
  const took = startClock();
  const said = new Map<ArchiveSource, string>();
  await inTurns(entries, async (entry) => {
    // By what is in it: its times say nothing, since packages have the same ones for ever and a second name changes others.
    if (entry.kind === 'file') said.set(entry, digestOf(await readFile(entry.file)));
  });
  const rows = entries.map((entry) => (entry.kind === 'file' ? { ...entry, file: said.get(entry) } : entry));
  const key = createHash('sha256')
    .update(JSON.stringify([rows, process.version]))
    .digest('hex');
  const found = await keepLayer(key, file, async () => {
    return { layer: await writeLayer(entries, file, { title: 'bentots', isPacked: true, signal }), note: null };
  });
  say(request, describeLayer(found, took()));
  return found.layer;
}

async function writePackages(
  request: ImageRequest,
  context: Context,
  target: InstallTarget,
  folder: string,
): Promise<FoundLayer<readonly LockedPackage[]>> {
  const { signal } = request;
  const file = join(folder, 'packages');
  let took = startClock();
  const found = await keepLayer(packagesKey(context, target), file, async () => {
    const into = join(folder, 'install');
    await mkdir(into);
    say(request, `installing packages for ${printPlatform(target.platform)}`);
    await installPackages(context, target, request, into);
    const note = await listInstalled(context, into);
    say(request, `installed ${note.length} packages ${took()}`);
    took = startClock();
    const entries: ArchiveSource[] = [];
    for await (const entry of walkTree(into)) {
      if (isNote(entry.path)) continue;
      const isOurs = !/(?:^|\/)node_modules(?:\/|$)/.test(entry.path);
      entries.push({ ...entry, path: `${bentoAt}/${entry.path}`, owner: isOurs ? imageUser.id : 0 });
    }
    const layer = await writeLayer(entries, file, { title: 'packages', isPacked: true, signal });
    return { layer, note };
  });
  say(request, describeLayer(found, took()));
  return found;
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
