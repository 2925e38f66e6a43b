/** Puts a base into a registry of a test: small, with what our own builder looks for. */
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { digestOf } from '../../src/registry/manifest.ts';
import type { TestRegistry } from './registry.ts';

/** What a base has. */
export interface TestBase {
  readonly architecture?: string;
  /** Text by path. */
  readonly files?: Readonly<Record<string, string>>;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const ownArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** One image, or, of several, an index. @returns its reference */
export async function putBase(registry: TestRegistry, ...images: readonly TestBase[]): Promise<string> {
  const manifests = await Promise.all((images.length === 0 ? [{}] : images).map((image) => putImage(registry, image)));
  const [first] = manifests;
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
  const kept =
    manifests.length === 1 && first
      ? registry.manifests.get(`base/node/${first.digest}`)
      : { mediaType: indexType, bytes: index };
  if (kept) registry.manifests.set('base/node/24', kept);
  return `${registry.host}/base/node:24`;
}

const usual = { 'etc/passwd': 'root:x:0:0::/root:/bin/sh\n', 'etc/group': 'root:x:0:\n', 'usr/local/bin/node': 'node' };

async function putImage(registry: TestRegistry, { architecture = ownArchitecture, files = usual }: TestBase) {
  const packer = pack();
  for (const [name, text] of Object.entries(files)) packer.entry({ name, mtime: new Date(0) }, text);
  packer.finalize();
  const tar = Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>));
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture,
      config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_VERSION=24'], Cmd: ['node'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      history: [{ created_by: 'base' }],
    }),
  );
  const describe = (bytes: Buffer, mediaType: string) => ({
    mediaType,
    digest: registry.put(bytes),
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [describe(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
    }),
  );
  const digest = digestOf(manifest);
  registry.manifests.set(`base/node/${digest}`, { mediaType: manifestType, bytes: manifest });
  return { mediaType: manifestType, digest, size: manifest.length, platform: { os: 'linux', architecture } };
}
