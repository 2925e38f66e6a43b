/** Platforms of OCI images in their own words, and in those of npm. */
import { ServiceError } from '../../errors.ts';
import type { Platform } from '../../registry/manifest.ts';

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md has the words of Go, Node and npm their own. */
const architectures: Readonly<Record<string, string>> = {
  amd64: 'x64', arm64: 'arm64', arm: 'arm', ppc64le: 'ppc64', s390x: 's390x', riscv64: 'riscv64', '386': 'ia32',
}; // biome-ignore format: a table reads as a table

/** That of this machine, whose containers are of Linux whatever it runs itself. */
export function ownPlatform(): Platform {
  const [architecture = process.arch] =
    Object.entries(architectures)
      .find(([, name]) => name === process.arch)
      ?.slice(0, 1) ?? [];
  return { os: 'linux', architecture };
}

/** Reads `linux/arm64` or `linux/arm/v7`. @throws ServiceError `OPTION_INVALID` */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant, ...more] = text.split('/');
  if (os === 'linux' && Object.hasOwn(architectures, architecture) && more.length === 0) {
    return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  }
  const wanted = `linux/ with one of ${Object.keys(architectures).join(', ')}, such as linux/arm64`;
  const where = 'the native builder';
  throw new ServiceError('OPTION_INVALID', { where, name: 'platform', seen: JSON.stringify(text), wanted });
}

export function printPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** Whether an OCI image of one platform runs on another; a variant that one of them leaves out is any. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  const isSameVariant = a.variant === undefined || b.variant === undefined || a.variant === b.variant;
  return a.os === b.os && a.architecture === b.architecture && isSameVariant;
}

/** As npm names the processor. */
export function npmCpu({ architecture }: Platform): string {
  return architectures[architecture] ?? architecture;
}
