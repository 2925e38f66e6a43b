/** Puts layers on a base: pure, but for reading which files are programs. */
import { stat } from 'node:fs/promises';
import { type Descriptor, digestOf, mediaTypes, type Platform } from '../../registry/manifest.ts';
import type { ArchiveSource } from '../../store/archive/archive-source.ts';
import type { ImageSource } from '../builder.ts';
import type { Context } from '../context.ts';
import {
  authorVariables,
  entrypointFile,
  healthCheck,
  imageLayout,
  imageUser,
  labelsOf,
  nodePath,
  ownVariables,
} from '../image-layout.ts';
import type { BaseImage } from './base-image.ts';
import type { BaseContent } from './inspect-base.ts';
import type { Layer } from './write-layer.ts';

/** An image of one platform, all of it here. */
export interface AssembledImage {
  readonly platform: Platform;
  readonly base: BaseImage;
  readonly layers: readonly Layer[];
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Buffer };
}

/** The entries below one folder of a context, as they lie in the OCI image. */
export async function entriesOf(
  { folders, files, links, texts }: Context,
  part: string,
  place: { readonly at: string; readonly owner: number },
): Promise<ArchiveSource[]> {
  const { at, owner } = place;
  const inside = (to: string) => (to.startsWith(`${part}/`) ? `${at}/${to.slice(part.length + 1)}` : undefined);
  const entries = new Map<string, ArchiveSource>();
  const addFolders = (path: string) => {
    const parts = path.slice(at.length + 1).split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = `${at}/${parts.slice(0, depth).join('/')}`;
      if (!entries.has(folder)) entries.set(folder, toFolder(folder, owner));
    }
  };
  const add = (path: string | undefined, toEntry: (path: string) => ArchiveSource) => {
    if (path === undefined) return;
    addFolders(path);
    entries.set(path, toEntry(path));
  };
  for (const folder of folders) add(inside(folder), (path) => toFolder(path, owner));
  for (const { from, to } of files) {
    const path = inside(to);
    if (path === undefined) continue;
    const { size: sizeBytes, mode } = await stat(from);
    const isExecutable = (mode & 0o111) !== 0 || path.startsWith(`${imageLayout.bentots.slice(1)}/bin/`);
    add(path, () => ({ kind: 'file', path, file: from, sizeBytes, isExecutable, target: '', owner }));
  }
  for (const { target, to } of links) add(inside(to), (path) => toLink(path, target, owner));
  for (const { text, to, mode } of texts) {
    add(inside(to), (path) => ({ kind: 'text', path, text, isExecutable: (mode & 0o111) !== 0, owner }));
  }
  return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function toFolder(path: string, owner: number): ArchiveSource {
  return { kind: 'folder', path, file: '', sizeBytes: 0, isExecutable: false, target: '', owner };
}

function toLink(path: string, target: string, owner: number): ArchiveSource {
  return { kind: 'link', path, file: '', sizeBytes: 0, isExecutable: false, target, owner };
}

/** What a container needs beside the files of bentots: its user, and the name of the program. */
export function runtimeEntries({ passwd, group }: BaseContent): ArchiveSource[] {
  const { name, id } = imageUser;
  const withLine = (text: string, line: string) => {
    if (text.split('\n').some((one) => one.startsWith(`${name}:`))) return text;
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
  };
  const [home, bento] = [imageLayout.home.slice(1), imageLayout.bento.slice(1)];
  return [
    { kind: 'text', path: 'etc/group', text: withLine(group, `${name}:x:${id}:`) },
    { kind: 'text', path: 'etc/passwd', text: withLine(passwd, `${name}:x:${id}:${id}::${imageLayout.home}:/bin/sh`) },
    toFolder(home, id),
    toFolder(bento, id),
    toLink('usr/local/bin/bento', `${imageLayout.bentots}/bin/bento.js`, 0),
  ];
}

/** @param createdAt ISO 8601: when the bento was built. */
export function assemble(
  source: ImageSource,
  base: BaseImage,
  layers: readonly Layer[],
  { platform, createdAt }: { readonly platform: Platform; readonly createdAt: string },
): AssembledImage {
  const config = toBytes({
    created: createdAt,
    architecture: base.config.architecture,
    os: base.config.os,
    ...(base.config.variant === undefined ? {} : { variant: base.config.variant }),
    config: toContainer(source, base),
    rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)] },
    ...toHistory(base, layers, createdAt),
  });
  const described = { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length };
  const manifest = toBytes({
    schemaVersion: 2,
    mediaType: mediaTypes.manifests.manifest,
    config: described,
    layers: [...base.layers, ...layers].map(({ descriptor }) => descriptor),
    annotations: { ...labelsOf(source), 'org.opencontainers.image.base.digest': base.digest },
  });
  return {
    platform,
    base,
    layers,
    config: { descriptor: described, bytes: config },
    manifest: {
      descriptor: { mediaType: mediaTypes.manifests.manifest, digest: digestOf(manifest), size: manifest.length },
      bytes: manifest,
    },
  };
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md, with the health check, which Docker adds. */
function toContainer(source: ImageSource, { config }: BaseImage) {
  const before = (config.config.Env ?? []).map(
    (line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const,
  );
  const own = { ...ownVariables, NODE_PATH: nodePath(source), ...authorVariables(source), HOME: imageLayout.home };
  const variables = { ...Object.fromEntries(before), ...own };
  const { command, intervalMs, timeoutMs, startPeriodMs, retries } = healthCheck;
  const nanoseconds = (ms: number) => ms * 1_000_000;
  return {
    ...config.config,
    User: `${imageUser.id}:${imageUser.id}`,
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    WorkingDir: imageLayout.bento,
    Entrypoint: [`${imageLayout.bentots}/${entrypointFile}`],
    Cmd: [],
    ExposedPorts: { ...(config.config.ExposedPorts ?? {}), [`${imageLayout.port}/tcp`]: {} },
    Labels: { ...(config.config.Labels ?? {}), ...labelsOf(source) },
    StopSignal: 'SIGTERM',
    Healthcheck: {
      Test: ['CMD', ...command],
      Interval: nanoseconds(intervalMs),
      Timeout: nanoseconds(timeoutMs),
      StartPeriod: nanoseconds(startPeriodMs),
      Retries: retries,
    },
  };
}

/** Left out where the base has none, or one that does not fit its layers: programs that read it count both. */
function toHistory({ config }: BaseImage, layers: readonly Layer[], createdAt: string) {
  const before = config.history ?? [];
  if (before.filter(({ empty_layer }) => empty_layer !== true).length !== config.rootfs.diff_ids.length) return {};
  return {
    history: [...before, ...layers.map(({ title }) => ({ created: createdAt, created_by: `bentots: ${title}` }))],
  };
}

const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value));
